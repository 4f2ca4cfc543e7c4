//! `migration claims …`: what the owner of a database says about the claims in it.

use clap::Subcommand;
use sea_orm_migration::sea_orm::DbConn;

use super::{ClaimsError, Key, Status};
use crate::program::confirm;

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Command {
    /// Whether the database checks claims, and by which keys. Never shows a key itself.
    Status,
    /// From here on claims count only when a key has signed them. Prints the first key.
    Signed,
    /// Takes claims at the service's word again, and forgets every key.
    Plain,
    /// Makes one more key and prints it. The old ones go on counting until they are retired.
    Rotate,
    /// What this key has signed counts no more.
    Retire { id: i32 },
}

impl Command {
    /// Does it. Standard output has the key alone, for scripts; the rest is told beside it.
    pub async fn run(self, db: &DbConn) -> Result<(), ClaimsError> {
        match self {
            Self::Status => print!("{}", super::status(db).await?),
            Self::Signed => {
                let key = super::sign(db).await?;
                confirm(db).await?;
                if let Some(key) = key {
                    hand_out(&key);
                }
                eprintln!("claims count only when they are signed: set RLS_CLAIMS=signed");
            }
            Self::Plain => {
                super::take_plain(db).await?;
                confirm(db).await?;
                eprintln!("claims count as the service sends them: set RLS_CLAIMS=plain");
            }
            Self::Rotate => {
                let key = super::add_key(db).await?;
                confirm(db).await?;
                hand_out(&key);
                eprintln!(
                    "the keys before it still count: restart every service with the new one, then \
                     run `migration claims retire` with the old one's id"
                );
            }
            Self::Retire { id } => {
                super::retire(db, id).await?;
                confirm(db).await?;
                eprintln!("key {id} counts no more");
            }
        }
        Ok(())
    }
}

fn hand_out(key: &Key) {
    eprintln!("the service's key, shown this once:");
    println!("RLS_CLAIMS_KEY={key}");
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "claims are {}", if self.is_signed { "signed" } else { "plain" })?;
        self.keys.iter().try_for_each(|(id, made)| writeln!(f, "key {id}, made {made}"))
    }
}
