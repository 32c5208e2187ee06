//! What the app answers over HTTP: that it is alive, and to everything else that it can do no more yet.

use std::future::{Future, IntoFuture};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long requests under way may take once the app was asked to stop. A client that never finishes holds up nobody.
const GRACE: Duration = Duration::from_secs(5);

/// Plain text, so that it reads the same in a browser, in `curl` and in the log of a webhook's sender.
const NOTHING_ELSE: &str = "This build of keyward-app answers /healthz and nothing else yet.\n";

/// Serves until `asked` ends, then lets requests under way finish within `GRACE`.
///
/// # Errors
/// The listener failed.
pub(crate) async fn serve(
    listener: TcpListener,
    asked: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = oneshot::channel::<()>();
    let signal = async move {
        asked.await;
        // The other end waits for as long as this runs.
        let _ = stopping.send(());
    };
    let grace_over = async {
        let _ = stopped.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = axum::serve(listener, routes()).with_graceful_shutdown(signal).into_future() => served,
        () = grace_over => Ok(()),
    }
}

fn routes() -> Router {
    Router::new().route("/healthz", get("ok\n").fallback(nothing_else)).fallback(nothing_else)
}

async fn nothing_else() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, NOTHING_ELSE)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::net::SocketAddr;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::{NOTHING_ELSE, serve};

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        (listener, address)
    }

    /// Asks a server of its own over loopback: status, type and body of the answer.
    async fn ask(method: &str, path: &str) -> (String, String, String) {
        let (listener, address) = listener().await;
        let server = tokio::spawn(serve(listener, pending()));
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        server.abort();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let kind = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
        (head.split(' ').nth(1).unwrap_or_default().to_owned(), kind.to_owned(), body.to_owned())
    }

    #[tokio::test]
    async fn it_says_that_it_is_alive() {
        let (status, kind, body) = ask("GET", "/healthz").await;
        assert_eq!((status.as_str(), kind.as_str(), body.as_str()), ("200", "text/plain; charset=utf-8", "ok\n"));
    }

    #[tokio::test]
    async fn everything_else_is_refused_with_a_sentence() {
        for (method, path) in [("GET", "/"), ("POST", "/webhook"), ("POST", "/healthz"), ("DELETE", "/a/b?c")] {
            let (status, kind, body) = ask(method, path).await;
            assert_eq!((status.as_str(), kind.as_str()), ("404", "text/plain; charset=utf-8"), "{method} {path}");
            assert_eq!(body, NOTHING_ELSE);
        }
    }

    #[tokio::test]
    async fn it_stops_when_asked() {
        let (listener, address) = listener().await;
        serve(listener, ready(())).await.expect("a clean end");
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_finishes_does_not_hold_up_the_end() {
        let (listener, address) = listener().await;
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost:").await.expect("it reads");
        let stop_later = tokio::time::sleep(Duration::from_secs(1));
        serve(listener, stop_later).await.expect("a clean end");
    }
}
