//! What the stories are told with: a server, a developer's clone, credentials made up at run time. It knows the programs from outside
//! only, and everything it makes lies in scratch folders.

mod appliance;
mod credential;
mod dispatch;
mod gitolite;
mod http;
mod program;
mod push;
mod server;
mod work;
mod world;

pub use appliance::Appliance;
pub use credential::Credential;
pub use dispatch::{GITEA_SSH, GITEA_WEB, gitea, gitlab};
pub use gitolite::Gitolite;
pub use http::HttpServer;
pub use program::{
    Run, binary, git, keyward, run, run_with, shell, static_keyward, unlimited_keyward, write_executable,
};
pub use push::Push;
pub use server::{CONTACT, Server};
pub use work::Work;
pub use world::World;
