//! Why a store could not do what it was asked.

use vocab::Refusal;

use crate::name::Key;

/// Why a store could not do what it was asked. Nothing was written when one is returned.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Somebody else wrote the record first.
    #[error(
        "{key}: 版 {expected} の次に書こうとしましたが、すでに版 {found} があります。 / version {found} is there where {expected} was expected."
    )]
    Conflict {
        /// Which record.
        key: Key,
        /// The version that the writer had seen; 0 for a record that was not there.
        expected: u32,
        /// The version that is there.
        found: u32,
    },
    /// A text that cannot be a name.
    #[error(
        "「{0}」は名前に使えません。英数字と . _ : - で 100 字までにしてください。 / `{0}` cannot be a name: use up to 100 letters, digits and . _ : -"
    )]
    BadName(String),
    /// The database holds something that this program does not understand.
    #[error(
        "データベースの内容が読めません（{0}）。rashin verify で確かめてください。 / the database cannot be understood ({0}). Run `rashin verify`."
    )]
    Corrupt(String),
    /// The database was written by a newer program.
    #[error(
        "データベースの版 {found} は、このプログラムの版 {known} より新しいものです。新しい Rashin を使ってください。 / the database has schema {found}, newer than {known}. Use a newer Rashin."
    )]
    TooNew {
        /// Schema of the database.
        found: u32,
        /// Schema that this program knows.
        known: u32,
    },
    /// A backup that cannot be used.
    #[error(
        "バックアップとして使えません（{0}）。別のバックアップを指定してください。 / this backup cannot be used ({0}). Name another one."
    )]
    Backup(String),
    /// A restore into a database that holds something already.
    #[error(
        "空でないデータベースには戻せません。新しい保存先を指定してください。 / a backup is restored into an empty database only. Name a new one."
    )]
    NotEmpty,
    /// The database itself failed: no disk space, no connection.
    #[error("データベースに書き込み・読み出しができません（{0}）。 / the database failed ({0}).")]
    Engine(Box<dyn std::error::Error + Send + Sync>),
}

impl Fault {
    /// A fault of the database itself.
    pub fn engine(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Engine(error.into())
    }

    /// What a person is told. An engine's own words stay in the log.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Conflict { .. } => Refusal::new(
                "conflict",
                "ほかの人が先に書き換えました。最新の内容を開いて、もう一度入力してください。",
                "Someone else changed this first. Open the latest contents and enter it again.",
            ),
            Self::Engine(_) | Self::Corrupt(_) | Self::TooNew { .. } => Refusal::new(
                "unavailable",
                "いま保存・読み出しができません。入力した内容を控えて、しばらくしてからもう一度お試しください。",
                "Saving and reading do not work at the moment. Keep what you typed and try again later.",
            ),
            Self::BadName(_) => Refusal::new(
                "not-found",
                "その名前のものはありません。",
                "There is nothing of that name.",
            ),
            Self::Backup(_) | Self::NotEmpty => {
                let text = self.to_string();
                let (ja, en) = text.split_once(" / ").unwrap_or((&text, &text));
                Refusal::new("backup", ja, en)
            }
        }
    }
}
