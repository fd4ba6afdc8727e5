//! Documents that are named on the command line: read no further than one byte past the limit, recognised by what they hold. A refusal names
//! the file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ::vocab::Refusal;
use cyber::answer::Statements;
use cyber::document::{self, Bill, Document, Limits};

use super::database;
use crate::failure::Failure;

/// The bytes of a file; of one over the limit enough to tell that it is too large.
pub fn bytes(path: &Path, limit: usize, json: bool) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::file(path, &error, json))?;
    Ok(bytes)
}

/// A document of any format.
pub fn document(path: &Path, json: bool) -> Result<Document, Failure> {
    let limits = Limits::UPLOAD;
    let bytes = bytes(path, limits.bytes, json)?;
    document::read(&bytes, &limits).map_err(|refusal| database::named(path, refusal, json))
}

/// A bill of materials.
pub fn bill(path: &Path, json: bool) -> Result<Bill, Failure> {
    let document = document(path, json)?;
    Bill::of(&document).ok_or_else(|| no_bill(path, &document, json))
}

/// What a document is refused with that is no bill of materials.
pub fn no_bill(path: &Path, document: &Document, json: bool) -> Failure {
    let name = document.format.name();
    let refusal = Refusal::new(
        "no_bill",
        format!("{name} の文書で、SBOM ではありません。CycloneDX か SPDX の SBOM を指定してください。"),
        format!("a document in {name}, not an SBOM. Name an SBOM in CycloneDX or SPDX."),
    );
    database::named(path, refusal, json)
}

/// Every statement of VEX documents.
pub fn statements(paths: &[impl AsRef<Path>], json: bool) -> Result<Statements, Failure> {
    let mut statements = Statements::default();
    for path in paths {
        let path = path.as_ref();
        take(&mut statements, path, &document(path, json)?, json)?;
    }
    Ok(statements)
}

/// Takes the statements of a document. One that makes none was named by mistake.
pub fn take(
    statements: &mut Statements,
    path: &Path,
    document: &Document,
    json: bool,
) -> Result<(), Failure> {
    if statements.add(document, &path.display().to_string()) > 0 {
        return Ok(());
    }
    let name = document.format.name();
    let refusal = Refusal::new(
        "no_statement",
        format!(
            "{name} の文書に VEX の記述がありません。OpenVEX、CycloneDX VEX、CSAF のいずれかを指定してください。"
        ),
        format!("the document in {name} makes no VEX statement. Name one in OpenVEX, CycloneDX VEX or CSAF."),
    );
    Err(database::named(path, refusal, json))
}
