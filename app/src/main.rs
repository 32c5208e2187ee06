//! `keyward-app`: starts, listens, stops when asked. What it answers is in `web`, when it stops in `stop`.

mod stop;
mod web;

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use tokio::net::TcpListener;

/// Keyward's GitHub App. This build answers /healthz and nothing else yet.
#[derive(Debug, Parser)]
#[command(name = "keyward-app", version)]
struct Cli {
    /// Address and port to listen on; port 0 takes any that is free
    // Loopback, so that nothing is open to the network before an administrator says so.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().listen).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(listen: SocketAddr) -> Result<()> {
    // Before the port opens, so that whoever reads "listens" may stop the program at once.
    let asked = stop::asked()?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("could not listen on {listen}"))?;
    let address = listener.local_addr().context("could not learn the address it listens on")?;
    say(&format!("keyward-app listens on http://{address}"));
    web::serve(listener, asked).await.context("could not go on serving")?;
    say("keyward-app stopped");
    Ok(())
}

/// One line to standard error. If nobody reads it, the server serves on.
fn say(line: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}
