//! Writes the component gallery in both languages, with its assets, into a folder: for looking at it without a server.
//! `cargo run -p web --example gallery -- FOLDER`, then serve the folder.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use vocab::Lang;
use web::i18n::Messages;

fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("which folder?")?);
    let messages = Messages::load()?;
    for (lang, name) in [(Lang::Ja, "gallery.html"), (Lang::En, "en/gallery.html")] {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap_or(&folder))?;
        fs::write(file, web::ui::gallery(messages.texts(lang))?)?;
    }
    copy(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/public")),
        &folder.join("assets"),
    )
}
