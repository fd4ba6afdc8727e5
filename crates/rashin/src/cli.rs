//! The command line: names, options and their help, in Japanese first.

use std::net::IpAddr;
use std::path::PathBuf;

use app::List;
use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;
use vocab::Period;

use crate::database::Database;

/// 羅針 Rashin: 医療機器基本計画をデータとして保ち、指標を根拠から計算し直します。
/// Keeps a national medical-device plan as data and recomputes its indicators from their records.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 110)]
pub struct Arguments {
    /// 計画のフォルダー（省略時は plan/、なければ内蔵の第3期計画） / folder of the plan
    #[arg(long, global = true, value_name = "DIR")]
    pub plan: Option<PathBuf>,
    /// 結果を JSON で出力 / print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 画面と API のサーバーを始める / serve the pages and the API
    Serve(Serve),
    /// 計画に誤りがないか確かめる / prove the plan
    Check {
        /// 計画のフォルダー / folder of the plan
        folder: Option<PathBuf>,
    },
    /// 指標を一つ計算する / evaluate one indicator
    Eval(Eval),
    /// 式を正確に計算する（引数または標準入力の各行） / compute expressions exactly
    Calc {
        /// 式 / expressions; none reads them from standard input, one a line
        #[arg(allow_hyphen_values = true)]
        expressions: Vec<String>,
    },
    /// 企業ごとの回答（firm,y,x の CSV）から合計を推計する / estimate a total from firm-level answers
    Survey(Survey),
    /// 番号・コードを確かめる（標準入力の各行） / check identifiers, one a line of standard input
    Vocab {
        /// 種類 / kind, such as corporate-number
        kind: String,
    },
    /// 医療機器のサイバーセキュリティ：バージョンの前後や範囲を判定する / judge versions and ranges for device cybersecurity
    #[command(subcommand)]
    Cyber(Cyber),
    /// 架空データで一年を試せるデータベースを作る / make a database with a made-up year to walk through
    Demo(Demo),
    /// 公表された一覧を登録簿に取り込む / take published lists into registers
    #[command(subcommand)]
    Registry(Registry),
    /// 公開版を作る・確かめる・比べる / make, verify and compare editions
    #[command(subcommand)]
    Edition(Edition),
    /// データベースの封印をすべて確かめる / prove every seal of the database
    Verify {
        /// どのデータベースか / which database
        #[command(flatten)]
        database: Database,
        /// 以前の verify --json の出力。切り取りや作り直しも分かります / earlier output of `verify --json` to compare with
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
    },
    /// データベースを控える（サーバーが動いていてもできます） / back up the database, also while it is served
    Backup {
        /// どのデータベースか / which database
        #[command(flatten)]
        database: Database,
        /// 書き出すファイル / file to write; an existing one is refused
        file: PathBuf,
    },
    /// 空のデータベースにバックアップを戻して確かめる / restore a backup into an empty database and prove it
    Restore {
        /// どのデータベースか / which database
        #[command(flatten)]
        database: Database,
        /// バックアップのファイル / file of the backup
        file: PathBuf,
    },
    /// データベースの形式を最新にする / bring the database up to date
    Migrate(Database),
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// 待ち受けるアドレス / address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// ポート（0 なら空いているもの） / port; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// TLS を受け持つ中継サーバーの後ろに置く / a proxy of ours stands in front and takes TLS
    #[arg(long)]
    pub behind_proxy: bool,
    /// 利用者がこのサーバーを開くアドレス（https://…） / address at which browsers reach this server
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// By whom people can sign in without a password.
    #[command(flatten)]
    pub provider: Provider,
    /// By what letters are sent.
    #[command(flatten)]
    pub mail: Mail,
    /// 機器のSBOMと照合する脆弱性データベース（rashin cyber load の出力。置き換えると読み直します） / database of vulnerabilities that bills are matched with; read again when it is replaced
    #[arg(long, value_name = "FILE")]
    pub advisories: Option<PathBuf>,
    /// 脆弱性データベースに取り込むフォルダー、または1時間ごとに取得するアドレス（OSV・CSAFのzip、KEV、EPSS。何度でも指定できます） / folder, or address that is fetched once an hour, to be loaded into that database; may be repeated
    #[arg(long, value_name = "DIR|URL", requires = "advisories", value_parser = crate::feeds::Source::parse)]
    pub advisory_source: Vec<crate::feeds::Source>,
    /// 一つの接続元からの要求の数を制限しない（負荷試験用） / do not limit requests of one address, for load tests
    #[arg(long)]
    pub unlimited: bool,
    /// Which database.
    #[command(flatten)]
    pub database: Database,
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Which database; a new one.
    #[command(flatten)]
    pub database: Database,
    /// すべてのアカウントのパスワード（省略時は新しく作ります） / password of every account; a new one without it
    #[arg(long)]
    pub password: Option<String>,
    /// 乱数の種 / seed
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// 架空の脆弱性データベースも書き出す（serve --advisories で使います） / write made-up advisories as well, for `serve --advisories`
    #[arg(long, value_name = "FILE")]
    pub advisories: Option<PathBuf>,
}

/// How letters are sent; without a server none are.
#[derive(Debug, Args)]
pub struct Mail {
    #[arg(
        long,
        value_name = "URL",
        requires_all = ["from", "public_url"],
        help = "メールを送るサーバー（smtps://user@host。パスワードは環境変数 RASHIN_SMTP_PASSWORD） / mail server; RASHIN_SMTP_PASSWORD holds its password"
    )]
    pub smtp: Option<String>,
    /// メールの差出人 / address from which letters are sent
    #[arg(long = "mail-from", value_name = "ADDRESS", requires = "smtp")]
    pub from: Option<String>,
}

/// The provider of `OpenID` Connect; without an issuer there is none.
#[derive(Debug, Args)]
pub struct Provider {
    #[arg(
        long = "oidc-issuer",
        value_name = "URL",
        requires_all = ["client_id", "public_url"],
        help = "OpenID Connect でもログインできるようにする。発行者のアドレス / also sign in by this OpenID Connect issuer"
    )]
    pub issuer: Option<String>,
    #[arg(
        long = "oidc-client-id",
        value_name = "ID",
        requires = "issuer",
        help = "そこでのクライアント ID（シークレットは環境変数 RASHIN_OIDC_SECRET） / client id there; RASHIN_OIDC_SECRET holds its secret"
    )]
    pub client_id: Option<String>,
    /// ログインの画面での呼び名 / what the sign-in page calls it
    #[arg(long = "oidc-name", value_name = "NAME", default_value = "OpenID Connect")]
    pub name: String,
}

/// Options of `eval`.
#[derive(Debug, Args)]
pub struct Eval {
    /// 指標の id（kgi1 など） / indicator id
    pub id: String,
    /// 年度（FY2040 など） / year
    #[arg(long, value_parser = period)]
    pub at: Option<Period>,
    /// 入力を変える（growth=5% など。繰り返せます） / set an input; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// この日までに分かっていた値だけを使う / use only what was known on this day
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub as_of: Option<Date>,
    /// 試行回数 / number of draws
    #[arg(long)]
    pub draws: Option<usize>,
    /// 乱数の種 / seed
    #[arg(long)]
    pub seed: Option<u64>,
    /// 根拠をたどって示す / show the trace
    #[arg(long)]
    pub trace: bool,
}

/// Options of `survey`.
#[derive(Debug, Args)]
pub struct Survey {
    /// firm,y,x の CSV / CSV file with the columns firm,y,x
    pub file: PathBuf,
    /// 対象企業全体の x の合計 / sum of x over the whole frame
    #[arg(long)]
    pub frame_total: f64,
    /// 対象企業の数 / number of firms in the frame
    #[arg(long)]
    pub frame_n: usize,
    /// 対象外の企業の x の合計 / sum of x outside the frame
    #[arg(long)]
    pub out_of_frame: Option<f64>,
    /// 信頼水準 / level of the intervals
    #[arg(long, default_value_t = 0.95)]
    pub level: f64,
    /// 乱数の種 / seed
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// What to judge.
#[derive(Debug, Subcommand)]
pub enum Cyber {
    /// 二つのバージョンの前後を判定する（標準入力の各行: a タブ b） / tell which of two versions comes first, a pair a line
    Compare {
        /// エコシステム（OSV の名前: PyPI、Debian、Red Hat など） / ecosystem as OSV names it
        #[arg(long, value_name = "NAME")]
        ecosystem: String,
    },
    /// SBOM・VEX・CSAF を内容から見分け、仕様に照らして検査する / recognise an SBOM, VEX or CSAF document and validate it
    Validate {
        /// 検査するファイル / file to validate
        file: PathBuf,
    },
    /// 脆弱性の記録（OSV、CSAF、KEV、EPSS）をローカルのデータベースに読み込む / load OSV records, CSAF, KEV and EPSS into a local database file
    Load {
        /// フォルダー（OSV のエコシステム別の all.zip や JSON、CSAF の JSON、kev.json、EPSS の CSV） / folder with the feeds
        folder: PathBuf,
        /// データベースのファイル / database file; one that exists is added to
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
    /// SBOM の部品に該当する脆弱性を調べる / tell which known vulnerabilities concern the components of SBOMs
    Match {
        /// SBOM のファイル / SBOM files
        #[arg(
            value_name = "SBOM",
            required_unless_present = "query",
            conflicts_with = "query"
        )]
        bills: Vec<PathBuf>,
        /// 標準入力の各行（エコシステム、名前、バージョンをタブで区切る）に答える / answer lines of ecosystem, name and version, with tabs between, instead
        #[arg(long)]
        query: bool,
        /// VEX のファイル（OpenVEX、CycloneDX、CSAF） / files with what is said of the findings
        #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "query")]
        vex: Vec<PathBuf>,
        /// データベースのファイル / database file
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
    /// セキュリティ情報（CSAF）に該当する機器を、製造業者・名前・バージョンから調べる / tell which registered devices advisories concern
    DeviceMatch {
        /// CSAF のファイル / CSAF files
        #[arg(value_name = "CSAF", required_unless_present = "db")]
        advisories: Vec<PathBuf>,
        /// 機器の一覧（CSV。列: 製造販売業者、販売名、型番、バージョン、UDI-DI、JMDN） / list of devices in CSV: maker, name, model, version
        #[arg(long, value_name = "FILE")]
        devices: PathBuf,
        /// データベースのファイル。読み込んである CSAF をすべて調べる / database file, to ask every CSAF advisory in it
        #[arg(long, value_name = "FILE")]
        db: Option<PathBuf>,
    },
    /// 市販前の確認: SBOM と VEX がそろっているかを理由とともに判定する / the gate before market: whether SBOM and VEX are complete, with reasons
    Gate(Gate),
    /// バージョンが範囲に入るかを判定する（標準入力の各行: vers:… タブ バージョン） / tell whether versions lie in ranges
    Vers {
        /// エコシステム独自の範囲（標準入力の各行）を vers に直す / turn native ranges, one a line, into vers
        #[arg(long, value_name = "SCHEME")]
        from_native: Option<String>,
    },
}

/// What to do with registers.
#[derive(Debug, Subcommand)]
pub enum Registry {
    /// 一覧のファイルを取り込み、変わったことを報告する / take in a list and report what it changed
    Import {
        #[arg(
            value_name = "LIST",
            help = "一覧の種類 / which list: medical-institution, edinet, specified-material, specified-material-update"
        )]
        list: List,
        /// ファイル（CSV か、CSV が一つ入った zip） / the file: CSV, or a zip of one
        file: PathBuf,
        /// 取り込みを、動いているサーバーに任せる / leave it to the server that runs
        #[arg(long)]
        later: bool,
        /// 件数が減る一覧、前に取り込んだものより古い一覧も取り込む / take it in though it has fewer rows, or is older, than what is there
        #[arg(long)]
        anyway: bool,
        /// Which database.
        #[command(flatten)]
        database: Database,
    },
}

/// What is handed in before market.
#[derive(Debug, Args)]
pub struct Gate {
    /// SBOM のファイル / SBOM file
    #[arg(value_name = "SBOM")]
    pub bill: PathBuf,
    /// VEX のファイル（OpenVEX、CycloneDX、CSAF） / files with what is said of the findings
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub vex: Vec<PathBuf>,
    /// データベースのファイル / database file
    #[arg(long, value_name = "FILE")]
    pub db: PathBuf,
    /// この CVSS 以上の該当にはすべて回答が要る / from this CVSS score up every finding must be answered
    #[arg(long, value_name = "SCORE", default_value_t = 7.0, value_parser = score)]
    pub threshold: f64,
    /// 提出された書類（policy、life-cycle、disclosure、process）。指定すると足りない書類も調べる / papers handed in; given, the missing ones are told
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = paper)]
    pub papers: Option<Vec<cyber::gate::Paper>>,
}

fn score(text: &str) -> Result<f64, String> {
    let score = text.parse().ok().filter(|score| (0.0..=10.0).contains(score));
    score.ok_or_else(|| "0 から 10 の数で指定してください / a number from 0 to 10 is expected".to_owned())
}

fn paper(text: &str) -> Result<cyber::gate::Paper, String> {
    let mut all = cyber::gate::Paper::ALL.iter();
    let found = all.find(|(_, code, ..)| *code == text);
    found.map(|(paper, ..)| *paper).ok_or_else(|| {
        "policy、life-cycle、disclosure、process のいずれかを指定してください / one of policy, life-cycle, disclosure, process is expected".to_owned()
    })
}

/// What to do with editions.
#[derive(Debug, Subcommand)]
pub enum Edition {
    /// 公開版を作る / make an edition
    Make {
        /// 書き出すファイル / file to write; an existing one is refused
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// この日までに分かっていた値を収める / pin what was known on this day
        #[arg(long, value_name = "DATE", value_parser = day)]
        as_of: Option<Date>,
        /// 対象の年度 / fiscal year that it is about
        #[arg(long, value_parser = period)]
        at: Option<Period>,
    },
    /// 封印を確かめ、計算し直す / check the seal and recompute
    Verify {
        /// 公開版のファイル / edition file
        file: PathBuf,
    },
    /// 二つの公開版の違いを原因に分ける / decompose the difference of two editions
    Diff {
        /// 先の版 / the earlier edition
        before: PathBuf,
        /// 後の版 / the later edition
        after: PathBuf,
    },
}

fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).ok_or_else(|| {
        format!("「{text}」は 名前=値 の形ではありません。例: growth=5% / `{text}` is not NAME=VALUE, such as growth=5%")
    })
}

fn day(text: &str) -> Result<Date, String> {
    vocab::codes::parse_date(text).map_err(|refusal| refusal.to_string())
}

fn period(text: &str) -> Result<Period, String> {
    if let Ok(period) = text.parse::<Period>() {
        return Ok(period);
    }
    text.parse::<vocab::codes::FiscalYear>()
        .map(vocab::codes::FiscalYear::period)
        .map_err(|refusal| refusal.to_string())
}
