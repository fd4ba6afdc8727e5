//! Mail by SMTP: one connection that is kept, over TLS unless the address says otherwise.

use std::time::Duration;

use app::{Letter, Post};
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, Message, SmtpTransport, Transport as _};
use vocab::Refusal;

use crate::cli;

/// Holds the password at the mail server; a command line can be read by others.
const PASSWORD: &str = "RASHIN_SMTP_PASSWORD";

/// A mail server that says nothing for so long is tried again later.
const PATIENCE: Duration = Duration::from_secs(10);

/// The post that the options name; none without a mail server.
///
/// # Errors
/// An address that cannot be read.
pub fn post(options: &cli::Mail, site: Option<&str>) -> Result<Option<Post>, Refusal> {
    let (Some(server), Some(from), Some(site)) = (&options.smtp, &options.from, site) else {
        return Ok(None);
    };
    let unread = |what: &str, error: &dyn std::fmt::Display| {
        Refusal::new(
            "mail",
            format!(
                "「{what}」を読めません（{error}）。例: --smtp smtps://user@mail.example --mail-from rashin@example.jp"
            ),
            format!(
                "“{what}” cannot be read ({error}). Such as: --smtp smtps://user@mail.example --mail-from rashin@example.jp"
            ),
        )
    };
    let from: Address = from.parse().map_err(|error| unread(from, &error))?;
    let mut smtp = SmtpTransport::from_url(server).map_err(|error| unread(server, &error))?;
    let user = server
        .split_once("://")
        .and_then(|(_, rest)| Some(rest.split_once('@')?.0));
    if let (Some(user), Ok(password)) = (user, std::env::var(PASSWORD)) {
        smtp = smtp.credentials(Credentials::new(user.to_owned(), password));
    }
    // A stopping server waits for the letter that it is sending.
    let smtp = smtp.timeout(Some(PATIENCE)).build();
    let secretary = web::Secretary::new(site)?;
    Ok(Some(Box::new(move |letter: &Letter| {
        let written = secretary.write(letter);
        let to: Address = letter.to.parse().map_err(|error| format!("{error}"))?;
        let message = Message::builder()
            .from(Mailbox::new(Some("羅針 Rashin".into()), from.clone()))
            .to(Mailbox::new(Some(letter.name.clone()), to))
            .subject(written.subject)
            .header(lettre::message::header::ContentType::TEXT_PLAIN)
            .body(written.text)
            .map_err(|error| error.to_string())?;
        smtp.send(&message).map(|_| ()).map_err(|error| error.to_string())
    })))
}
