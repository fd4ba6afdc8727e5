//! Why a store could not do what it was asked.

use std::fmt;

use vocab::Refusal;

use crate::name::Key;

/// Why a store could not do what it was asked. Nothing was written when one is returned.
#[derive(Debug)]
pub enum Fault {
    /// Somebody else wrote the record first, or it is not there.
    Conflict {
        /// Which record.
        key: Key,
        /// The version that the writer had seen; 0 for a record that was not there.
        expected: u32,
        /// The version that is there; 0 if none is.
        found: u32,
    },
    /// A text that cannot be a name.
    BadName(String),
    /// A body or detail that is nested deeper than can be read back.
    TooDeep,
    /// The database holds something that this program does not understand.
    Corrupt(String),
    /// The database is not Rashin's.
    Foreign,
    /// The database was written by an older program and was not brought up to date yet.
    TooOld,
    /// The database was written by a newer program.
    TooNew {
        /// Schema of the database.
        found: u32,
        /// Schema that this program knows.
        known: u32,
    },
    /// A backup that cannot be used.
    Backup {
        /// Why, in Japanese.
        ja: String,
        /// Why, in English.
        en: String,
    },
    /// A restore into a database that holds something already.
    NotEmpty,
    /// The database itself failed: no disk space, no connection.
    Engine(Box<dyn std::error::Error + Send + Sync>),
}

impl Fault {
    /// A fault of the database itself.
    pub fn engine(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Engine(error.into())
    }

    /// A backup that cannot be used, and why.
    pub(crate) fn backup(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Backup {
            ja: ja.into(),
            en: en.into(),
        }
    }

    /// What somebody who uses the pages is told. An engine's own words stay in the log.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Conflict { .. } => Refusal::new(
                "conflict",
                "ほかの人が先に書き換えました。最新の内容を開いて、もう一度入力してください。",
                "Someone else changed this first. Open the latest contents and enter it again.",
            ),
            Self::BadName(_) => Refusal::new(
                "not-found",
                "その名前のものはありません。",
                "There is nothing of that name.",
            ),
            Self::Corrupt(_) | Self::Foreign | Self::TooOld | Self::TooNew { .. } | Self::Engine(_) => {
                Refusal::new(
                    "unavailable",
                    "いま保存・読み出しができません。入力した内容を控えて、しばらくしてからもう一度お試しください。",
                    "Saving and reading do not work at the moment. Keep what you typed and try again later.",
                )
            }
            Self::TooDeep | Self::Backup { .. } | Self::NotEmpty => self.report(),
        }
    }

    /// What somebody who runs the server is told, with every particular.
    pub fn report(&self) -> Refusal {
        match self {
            Self::Conflict { key, expected, found } => Refusal::new(
                "conflict",
                format!("{key}: 版 {expected} のつもりで書こうとしましたが、いまは版 {found} です。"),
                format!("{key}: version {found} is there where {expected} was expected."),
            ),
            Self::BadName(text) => Refusal::new(
                "bad-name",
                format!("「{text}」は名前に使えません。英数字と . _ : - で 100 字までにしてください。"),
                format!("`{text}` cannot be a name: use up to 100 letters, digits and . _ : -"),
            ),
            Self::TooDeep => Refusal::new(
                "too-deep",
                "入れ子が深すぎて保存できません。内容を分けてください。",
                "This is nested too deeply to be kept. Divide it.",
            ),
            Self::Corrupt(what) => Refusal::new(
                "corrupt",
                format!("データベースが壊れています（{what}）。バックアップから戻してください。"),
                format!("the database is damaged ({what}). Restore a backup."),
            ),
            Self::Foreign => Refusal::new(
                "foreign",
                "Rashin のデータベースではありません。指定を確かめてください。",
                "this is not a database of Rashin. Check which one was named.",
            ),
            Self::TooOld => Refusal::new(
                "too-old",
                "データベースの形式が古いままです。先に rashin migrate を実行してください。",
                "the database has an older schema. Run `rashin migrate` first.",
            ),
            Self::TooNew { found, known } => Refusal::new(
                "too-new",
                format!(
                    "データベースの形式（{found}）は、このプログラムの形式（{known}）より新しいものです。新しい Rashin を使ってください。"
                ),
                format!("the database has schema {found}, newer than {known}. Use a newer Rashin."),
            ),
            Self::Backup { ja, en } => Refusal::new(
                "backup",
                format!("このバックアップは使えません。{ja}別のバックアップを指定してください。"),
                format!("this backup cannot be used: {en} Name another one."),
            ),
            Self::NotEmpty => Refusal::new(
                "not-empty",
                "空でないデータベースには戻せません。新しい保存先を指定してください。",
                "a backup is restored into an empty database only. Name a new one.",
            ),
            Self::Engine(error) => Refusal::new(
                "engine",
                format!(
                    "データベースの読み書きができません（{error}）。空き容量、権限、接続先を確かめてください。"
                ),
                format!(
                    "the database cannot be read or written ({error}). Check free space, permissions and the connection."
                ),
            ),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusal { ja, en, .. } = self.report();
        write!(f, "{ja} / {en}")
    }
}

impl std::error::Error for Fault {}
