//! `verify`, `backup`, `restore` and `migrate`: what they say, and what they refuse.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use store::{Blob, Change, Draft, Index, Name, Store as _};
use store_sqlite::Sqlite;
use tempfile::TempDir;

use super::{Ran, rashin};

/// A folder with the database `a.db`: two organisations, three events, a file.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        let store = Sqlite::open(Path::new(&scratch.path("a.db"))).unwrap();
        let name = |text| Name::new(text).unwrap();
        for (turn, (owner, expected)) in [("org-1", 0), ("org-2", 0), ("org-1", 1)].into_iter().enumerate() {
            let change = Change {
                owner: name(owner),
                at: "2026-04-01T09:00:00Z".parse().unwrap(),
                actor: name("system"),
                action: name("note"),
                detail: Value::Null,
                drafts: vec![Draft {
                    kind: name("note"),
                    id: name("1"),
                    expected,
                    parent: None,
                    state: None,
                    body: json!({ "架空": turn }),
                    index: Index::default(),
                }],
                erase: vec![],
                blobs: vec![Blob::new(vec![1, 2, 3])],
                jobs: vec![],
            };
            store.commit(&change).unwrap();
        }
        scratch
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs a command line in which `@name` is a file of the folder; gives what it said, with the line in front.
    fn run(&self, line: &str) -> String {
        let arguments: Vec<String> = line
            .split(' ')
            .map(|word| {
                word.strip_prefix('@')
                    .map_or_else(|| word.to_owned(), |name| self.path(name))
            })
            .collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let Ran(code, out, err) = rashin(&arguments, b"");
        let folder = self.0.path().to_str().unwrap();
        format!("$ rashin {line}\n{out}{err}[{code}]\n\n").replace(folder, "FOLDER")
    }

    /// Changes a copy of the database past the program.
    fn tamper(&self, name: &str, sql: &str) {
        std::fs::copy(self.path("a.db"), self.path(name)).unwrap();
        let database = rusqlite::Connection::open(self.path(name)).unwrap();
        database.execute_batch(sql).unwrap();
    }
}

#[test]
fn a_database_is_proved_backed_up_and_restored() {
    let scratch = Scratch::new();
    let lines = [
        "verify --database @a.db",
        "backup --database @a.db @a.backup",
        "backup --database @a.db @a.backup",
        "restore --database @b.db @a.backup",
        "restore --database @b.db @a.backup",
        "backup --database @b.db @b.backup --json",
        "verify --database @b.db --json",
        "migrate --database @b.db",
        "migrate --database @c.db --json",
        "verify --database @c.db",
    ];
    insta::assert_snapshot!(lines.map(|line| scratch.run(line)).concat());
    let read = |name| std::fs::read(scratch.path(name)).unwrap();
    assert_eq!(read("a.backup"), read("b.backup"), "byte for byte");
}

#[test]
fn what_is_wrong_with_a_database_is_named() {
    let scratch = Scratch::new();
    scratch.run("backup --database @a.db @a.backup");
    let Ran(_, heads, _) = rashin(&["verify", "--json", "--database", &scratch.path("a.db")], b"");
    std::fs::write(scratch.path("heads.json"), &heads).unwrap();
    let tampered = [
        ("body.db", "UPDATE version SET body = '{\"架空\":9}' WHERE owner = 'org-1' AND version = 2"),
        ("event.db", "DELETE FROM event WHERE owner = 'org-1' AND seq = 1"),
        ("file.db", "UPDATE blob SET bytes = x'00' WHERE owner = 'org-2'"),
        (
            "cut.db",
            "DELETE FROM event WHERE owner = 'org-1' AND seq = 2;
             DELETE FROM version WHERE owner = 'org-1' AND version = 2;
             UPDATE record SET version = 1 WHERE owner = 'org-1';
             UPDATE chain SET seq = 1, seal = (SELECT seal FROM event WHERE owner = 'org-1') WHERE owner = 'org-1'",
        ),
        ("newer.db", "PRAGMA user_version = 99"),
        ("older.db", "PRAGMA user_version = 0"),
        ("foreign.db", "PRAGMA application_id = 1"),
    ];
    for (name, sql) in tampered {
        scratch.tamper(name, sql);
    }
    let backup = std::fs::read(scratch.path("a.backup")).unwrap();
    std::fs::write(scratch.path("torn.backup"), &backup[..backup.len() - 100]).unwrap();
    let mut said: String = [
        "verify --database @body.db",
        "verify --database @event.db",
        "verify --database @file.db",
        "verify --database @file.db --json",
        "verify --database @cut.db",
        "verify --database @cut.db --heads @heads.json",
        "verify --database @a.db --heads @heads.json",
        "verify --database @a.db --heads @a.backup",
        "verify --database @newer.db",
        "verify --database @older.db",
        "verify --database @foreign.db",
        "verify --database @heads.json",
        "verify --database @nowhere.db",
        "backup --database @nowhere.db @x.backup",
        "backup --database @foreign.db @x.backup",
        "migrate --database @newer.db",
        "migrate --database @foreign.db",
        "restore --database @c.db @torn.backup",
        "restore --database @c.db @heads.json --json",
        "restore --database @c.db @nowhere.backup",
        "restore --database @c.db @a.backup",
        "verify --database-url postgres://rashin:himitsu@[/x",
        "migrate --database-url himitsu",
    ]
    .map(|line| scratch.run(line))
    .concat();
    scratch.run("restore --database @d.db @torn.backup");
    for ending in ["", "-wal", "-shm"] {
        let left = scratch.path("d.db") + ending;
        assert!(!Path::new(&left).exists(), "{left} was made for nothing");
    }
    said.push_str(
        &scratch.run("verify --database @a.db --database-url postgres://rashin:himitsu@127.0.0.1/x"),
    );
    insta::assert_snapshot!(said);
    let answers: Vec<&str> = said.lines().filter(|line| !line.starts_with('$')).collect();
    assert!(!answers.concat().contains("himitsu"), "a password is never shown");
    assert!(
        !Path::new(&scratch.path("x.backup")).exists(),
        "nothing half done is left"
    );
}

#[test]
fn a_backup_moves_to_a_server_and_back() {
    let Ok(server) = std::env::var("RASHIN_TEST_POSTGRES") else {
        let why = "skipped: RASHIN_TEST_POSTGRES names no server (run scripts/with-postgres cargo test)\n";
        std::io::stderr().write_all(why.as_bytes()).unwrap();
        return;
    };
    let scratch = Scratch::new();
    let schema = format!("cli_{}", std::process::id());
    let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    client.batch_execute(&format!("CREATE SCHEMA {schema}")).unwrap();
    let join = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{join}options=-csearch_path%3D{schema}");
    let (first, second) = (scratch.path("a.backup"), scratch.path("b.backup"));
    let answer = |arguments: &[&str]| {
        let Ran(code, out, err) = rashin(arguments, b"");
        assert_eq!(code, 0, "{arguments:?}: {out} {err}");
        out
    };
    answer(&["backup", "--database", &scratch.path("a.db"), &first]);
    answer(&["restore", "--database-url", &url, &first]);
    let here = answer(&["verify", "--json", "--database", &scratch.path("a.db")]);
    assert_eq!(answer(&["verify", "--json", "--database-url", &url]), here);
    answer(&["migrate", "--database-url", &url]);
    answer(&["backup", "--database-url", &url, &second]);
    client
        .batch_execute(&format!("DROP SCHEMA {schema} CASCADE"))
        .unwrap();
    assert_eq!(std::fs::read(first).unwrap(), std::fs::read(second).unwrap());
}
