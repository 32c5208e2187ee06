//! Grants: an approver's signature lets one secret of one commit into one ref, and nothing else.

use std::fs;
use std::path::PathBuf;

use end_to_end::{Credential, Push, Run, World, keyward, run};
use keyward_rules::grant::Grant;
use keyward_rules::sign::PrivateKey;

/// A server that takes ann's grants, and a commit with a credential that was rejected.
struct Asked {
    world: World,
    token: Credential,
    commit: String,
    push: Push,
}

impl Asked {
    fn of(seed: u64) -> Asked {
        let (world, token) = (World::guarded(), Credential::github(seed));
        world.server.git(["config", "receive.advertisePushOptions", "true"]);
        let made = run(keyward(world.server.root()).args(["grant", "new-key", "--name", "ann", "--file", "ann.key"]));
        made.exits(0);
        let lines = &made.out[made.out.find("[[grants.approver]]").expect("lines for the configuration")..];
        let config = fs::read_to_string(world.server.config()).expect("a configuration");
        fs::write(world.server.config(), format!("{config}\n{lines}")).expect("writable");
        let first = world.work.commit_file("deploy.sh", &token.script());
        let push = world.rejects(&["main"], &token, &first, "deploy.sh:2:");
        let commit = world.work.git(["rev-parse", "HEAD"]);
        Asked { world, token, commit, push }
    }

    fn key(&self) -> PathBuf {
        self.world.server.root().join("ann.key")
    }

    /// What the approver runs, as the message says it.
    fn sign(&self) -> Run {
        let message = self.push.message();
        let command =
            message.lines().find_map(|line| line.strip_prefix("hint:    keyward ")).expect("a command to copy");
        let words: Vec<&str> = command.split(' ').collect();
        run(keyward(self.world.server.root()).args(words).args([
            "--reason",
            "the key of the public demo",
            "--key",
            "ann.key",
        ]))
    }

    fn grant(&self) -> String {
        self.sign().exits(0).out.trim().to_owned()
    }

    /// A grant with something else in it, signed with ann's own key.
    fn other(&self, change: impl Fn(&mut Grant)) -> String {
        let now = i64::try_from(
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs(),
        )
        .expect("a time");
        let mut grant = Grant {
            secret: self.push.code().to_owned(),
            repository: "group/app".into(),
            commit: self.commit.clone(),
            reference: "refs/heads/main".into(),
            user: None,
            reason: "r".into(),
            issued: now - 60,
            expires: now + 3600,
        };
        change(&mut grant);
        let key = fs::read_to_string(self.key()).expect("a key");
        grant.sign(&PrivateKey::parse(&key).expect("a key")).expect("a good grant")
    }

    fn push_with(&self, grants: &[&str], reference: &str) -> Push {
        let options = grants.iter().map(|grant| format!("--push-option=keyward.allow={grant}"));
        self.world.work.push(options.chain([reference.to_owned()]))
    }

    #[track_caller]
    fn refuses(&self, grant: &str, reference: &str, why: &str) {
        let push = self.push_with(&[grant], reference);
        assert!(!push.accepted, "{}", push.text);
        let said = push.message().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&format!("grant 1 does not count: {why}")), "{why:?} is not in\n{}", push.text);
        self.token.assert_hidden_in("git's output", push.text.as_bytes());
    }
}

#[test]
fn a_grant_lets_one_secret_in_and_stands_in_the_ledger() {
    let asked = Asked::of(720);
    asked.push.says("hint: must it go in? an approver runs");
    let grant = asked.grant();
    let push = asked.push_with(&[&grant], "main");
    assert!(push.accepted, "{}", push.text);
    push.says("warning: push accepted").says("1 secret is let in by a grant");
    let last = asked.world.server.ledger().lines().last().expect("an entry").to_owned();
    assert!(last.contains("the key of the public demo (granted by ann, until "), "{last}");
    assert!(last.contains("\"decision\":\"allowed\"") && last.contains("\"verdict\":\"accepted\""), "{last}");
    asked.token.assert_hidden_under(asked.world.server.root());
    // The same secret in another commit is another matter.
    let first = asked.world.work.commit_file("copy/deploy.sh", &format!("# a copy\n{}", asked.token.script()));
    asked.world.rejects(&["main"], &asked.token, &first, "copy/deploy.sh:3:");
    asked.refuses(&grant, "main", "it is for KW-");
}

#[test]
fn a_grant_counts_for_its_commit_ref_repository_user_and_time_alone() {
    let asked = Asked::of(721);
    let grant = asked.grant();
    asked.refuses(&grant, "main:other", "it is for a push to refs/heads/main alone");
    let push = asked.push_with(&[&grant], "main");
    assert!(push.accepted);
    let asked = Asked::of(722);
    asked.refuses(&asked.other(|grant| grant.commit = "1".repeat(40)), "main", "it is for KW-");
    asked.refuses(&asked.other(|grant| grant.secret = "KW-00000000".into()), "main", "it is for KW-00000000");
    asked.refuses(
        &asked.other(|grant| grant.repository = "group/b".into()),
        "main",
        "it is for the repository group/b",
    );
    asked.refuses(&asked.other(|grant| grant.user = Some("bob".into())), "main", "it is for a push by bob");
    asked.refuses(&asked.other(|grant| grant.expires = grant.issued + 1), "main", "it ended at 20");
    asked.refuses(
        &asked.other(|grant| grant.expires = grant.issued + 25 * 3600),
        "main",
        "it holds for more than the 24 hours",
    );
    asked.refuses(
        &asked.other(|grant| (grant.issued, grant.expires) = (grant.issued + 7000, grant.expires + 7000)),
        "main",
        "it begins at 20",
    );
    let ledger = asked.world.server.ledger();
    assert!(ledger.contains("\"grants_refused\":[\"grant 1 does not count: it begins at"), "{ledger}");
}

#[test]
fn a_grant_with_a_user_needs_a_host_that_tells_who_pushes() {
    let asked = Asked::of(723);
    let grant = asked.other(|grant| grant.user = Some("dev".into()));
    asked.refuses(&grant, "main", "it is for a push by dev");
    // As a host does that knows its users.
    let hook = asked.world.server.path().join("hooks/pre-receive");
    let text = fs::read_to_string(&hook).expect("a hook");
    fs::write(&hook, text.replacen("#!/bin/sh\n", "#!/bin/sh\nexport REMOTE_USER=dev\n", 1)).expect("writable");
    assert!(asked.push_with(&[&grant], "main").accepted);
}

#[test]
fn what_nobody_signed_changes_nothing_and_is_said() {
    let asked = Asked::of(724);
    let grant = asked.grant();
    let elsewhere = Asked::of(725);
    asked.refuses(
        &elsewhere.other(|grant| grant.commit.clone_from(&asked.commit)),
        "main",
        "nobody whom this server trusts",
    );
    asked.refuses("kwg1.nonsense", "main", "it is no grant");
    asked.refuses(&grant[..grant.len() - 9], "main", "nobody whom this server trusts");
    asked.refuses("", "main", "it is no grant");
    let many: Vec<&str> = vec!["none"; 30];
    let push = asked.push_with(&many, "main");
    assert!(!push.accepted && push.message().lines().count() <= 20, "{}", push.text);
    push.says("more grants that do not count");
    assert!(asked.world.server.ledger().contains("14 more grants were not looked at"), "bounded");
    // Beside a bad one the good one counts all the same.
    let push = asked.push_with(&["none", &grant], "main");
    assert!(push.accepted, "{}", push.text);
    push.says("grant 1 does not count: it is no grant").says("let in by a grant");
}

#[test]
fn without_approvers_no_grant_counts_and_none_is_offered() {
    let asked = Asked::of(726);
    let grant = asked.grant();
    let config = fs::read_to_string(asked.world.server.config()).expect("a configuration");
    let without = &config[..config.rfind("[[grants.approver]]").expect("lines")];
    fs::write(asked.world.server.config(), without).expect("writable");
    asked.refuses(&grant, "main", "nobody whom this server trusts");
    asked.world.work.push(["main"]).says_nothing_of("keyward grant sign");
}

#[test]
fn a_grant_in_the_servers_folder_counts_where_push_options_are_off() {
    let asked = Asked::of(727);
    asked.world.server.git(["config", "receive.advertisePushOptions", "false"]);
    let folder = asked.world.server.root().join("etc/grants");
    fs::create_dir_all(&folder).expect("writable");
    let ended = asked.other(|grant| grant.expires = grant.issued + 1);
    fs::write(folder.join("ended.grant"), &ended).expect("writable");
    fs::write(folder.join("elsewhere.grant"), Asked::of(728).grant()).expect("writable");
    fs::write(folder.join("noise.grant"), "noise").expect("writable");
    let push = asked.world.work.push(["main"]);
    let said = push.message().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("a grant on the server does not count: it ended at"), "{}", push.text);
    assert_eq!(said.matches("does not count").count(), 1, "others' grants are nobody's business:\n{}", push.text);
    fs::write(folder.join("now.txt"), asked.grant()).expect("writable");
    assert!(!asked.world.work.push(["main"]).accepted, "only NAME.grant is read");
    fs::rename(folder.join("now.txt"), folder.join("now.grant")).expect("renamable");
    asked.world.accepts(&["main"]).says("1 secret is let in by a grant");
}

#[test]
fn a_grant_lets_no_second_secret_in() {
    let (asked, other) = (Asked::of(729), Credential::github(730));
    let grant = asked.grant();
    let second = asked.world.work.commit_file("other.sh", &other.script());
    let push = asked.push_with(&[&grant], "main");
    asked.world.assert_rejected(&push, &other, &second, "other.sh:2:");
    push.says("1 secret is let in by a grant").says_nothing_of("deploy.sh:2:");
}

#[test]
fn a_grant_is_shown_and_its_signature_checked() {
    let asked = Asked::of(731);
    let grant = asked.grant();
    let root = asked.world.server.root();
    let show =
        |grant: &str| run(keyward(root).args(["grant", "show", grant, "--config"]).arg(asked.world.server.config()));
    show(&grant).exits(0).says("refs/heads/main").says(&asked.commit).says("ann, an approver of this server");
    fs::write(root.join("x.grant"), &grant).expect("writable");
    show("x.grant").exits(0).says("the key of the public demo");
    show(&Asked::of(732).grant()).exits(0).says("NO: nobody whom this server trusts");
    show("kwg1.x").exits(2).is_plain().says("it is no grant");
    let home = tempfile::tempdir().expect("a folder");
    run(keyward(home.path()).args(["grant", "show", &grant])).exits(0).says("not checked");
}

#[test]
fn what_cannot_be_signed_is_said_with_its_remedy() {
    let asked = Asked::of(733);
    let sign = |secret: &str, commit: &str, reference: &str| {
        run(keyward(asked.world.server.root())
            .args(["grant", "sign", secret, "--commit", commit, "--ref", reference])
            .args(["--repository", "group/app", "--reason", "r", "--key", "ann.key"]))
    };
    sign("KW-7F3K9QXD", &asked.commit, "refs/heads/main").exits(0);
    sign("KW-7F3K", &asked.commit, "refs/heads/main").exits(2).is_plain().says("named by its code");
    sign("KW-7F3K9QXD", &asked.commit[..7], "refs/heads/main").exits(2).is_plain().says("git rev-parse");
    sign("KW-7F3K9QXD", &asked.commit, "main").exits(2).is_plain().says("full name");
    let root = asked.world.server.root();
    run(keyward(root).args(["grant", "new-key", "--file", "ann.key"]))
        .exits(2)
        .is_plain()
        .says("could not make ann.key");
}
