//! How the binary ends when it cannot do what was asked: a sentence on standard error in Japanese and
//! English, or one JSON object on standard output when JSON was asked for.

use std::io::Write;
use std::process::ExitCode;

use indicator::EditionFault;
use plan::Faults;
use serde::Serialize;
use store::Fault;
use vocab::Refusal;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    refusal: Refusal,
    json: bool,
    code: u8,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a Refusal,
}

impl Failure {
    /// Bad input: exit code 2.
    pub fn input(refusal: Refusal, json: bool) -> Self {
        Self {
            refusal,
            json,
            code: 2,
        }
    }

    /// A file that cannot be read or written: exit code 3.
    pub fn file(path: &std::path::Path, error: &std::io::Error, json: bool) -> Self {
        let path = path.display();
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            let refusal = Refusal::new(
                "exists",
                format!("{path}: すでにあるファイルは上書きしません。別の名前を指定してください。"),
                format!("{path}: an existing file is not overwritten. Name another one."),
            );
            return Self {
                refusal,
                json,
                code: 3,
            };
        }
        let refusal = Refusal::new(
            "file",
            format!("{path}: 読み書きできません（{error}）。ファイルの場所と権限を確かめてください。"),
            format!("{path}: cannot be read or written ({error}). Check that it exists and may be opened."),
        );
        Self {
            refusal,
            json,
            code: 3,
        }
    }

    /// A plan with mistakes: exit code 1.
    pub fn plan(faults: &Faults, json: bool) -> Self {
        let text = faults.to_string();
        Self {
            refusal: Refusal::new("plan", text.clone(), text),
            json,
            code: 1,
        }
    }

    /// An edition that cannot be used: exit code 1.
    pub fn edition(path: &std::path::Path, fault: &EditionFault, json: bool) -> Self {
        let text = format!("{}: {fault}", path.display());
        Self {
            refusal: Refusal::new("edition", text.clone(), text),
            json,
            code: 1,
        }
    }

    /// A database, or a backup, that cannot be used: exit code 1; one that cannot be read or written: 3.
    pub fn store(name: &str, fault: &Fault, json: bool) -> Self {
        let Refusal { kind, ja, en } = fault.report();
        Self {
            refusal: Refusal::new(kind, format!("{name}: {ja}"), format!("{name}: {en}")),
            json,
            code: if matches!(fault, Fault::Engine(_)) { 3 } else { 1 },
        }
    }

    /// The server cannot start: exit code 3.
    pub fn server(error: &dyn std::fmt::Display) -> Self {
        let refusal = Refusal::new(
            "server",
            format!(
                "サーバーを始められません（{error}）。別の --port を指定するか、使っているプログラムを止めてください。"
            ),
            format!(
                "the server cannot start ({error}). Choose another --port, or stop the program that uses it."
            ),
        );
        Self {
            refusal,
            json: false,
            code: 3,
        }
    }

    /// Says it and gives the exit code.
    pub fn report(&self) -> ExitCode {
        // Nothing can be done about a closed standard stream.
        let _ = if self.json {
            let body = serde_json::to_string(&ErrorBody { error: &self.refusal }).unwrap_or_default();
            writeln!(std::io::stdout(), "{body}")
        } else if self.refusal.ja == self.refusal.en {
            writeln!(std::io::stderr(), "{}", self.refusal.ja)
        } else {
            writeln!(std::io::stderr(), "{}\n{}", self.refusal.ja, self.refusal.en)
        };
        ExitCode::from(self.code)
    }
}
