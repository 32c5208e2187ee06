//! `keyward doctor`: it proves by a push that the hook fires, tells what keeps it from firing, and leaves nothing behind.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use end_to_end::{HttpServer, Run, Server, World, gitea, gitlab, keyward, run, write_executable};

fn doctor(server: &Server) -> Run {
    run(keyward(server.root()).arg("doctor").arg(server.path()))
}

/// Every file and folder of a repository.
fn tree(repository: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = vec![repository.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
            if entry.path().is_dir() {
                open.push(entry.path());
            }
            found.insert(entry.path());
        }
    }
    found
}

/// Runs the doctor and fails if anything of the repository is another than before.
#[track_caller]
fn proves(server: &Server, code: i32) -> Run {
    let (before, refs) = (tree(&server.path()), server.refs());
    let told = doctor(server);
    told.exits(code).is_plain();
    assert_eq!(tree(&server.path()), before, "{}", told.out);
    assert_eq!(server.refs(), refs, "{}", told.out);
    told
}

#[test]
fn a_healthy_hook_is_proved_and_nothing_is_left() {
    for limit in ["1", "10000"] {
        let World { server, .. } = World::guarded();
        server.git(["config", "receive.unpackLimit", limit]);
        let told = proves(&server, 0);
        told.says("ok     the hook stands at").says("made-up credential was rejected [KW-");
        told.says("without one was accepted").says("nothing is left behind").says("push options are off");
        let ledger = server.ledger();
        assert!(ledger.contains("keyward-canary") && ledger.contains("\"actor\":\"keyward doctor\""), "{ledger}");
    }
}

#[test]
fn an_empty_repository_is_proved_too_and_push_options_that_are_on_are_no_note() {
    let server = Server::guarded();
    server.git(["config", "receive.advertisePushOptions", "true"]);
    let told = proves(&server, 0);
    assert!(!told.out.contains("push options"), "{}", told.out);
}

#[test]
fn objects_of_the_other_format_and_refs_in_a_table_are_proved_too() {
    let server = Server::guarded_as(&["--object-format=sha256"]);
    proves(&server, 0).says("made-up credential was rejected [KW-").says("without one was accepted");
    let server = Server::guarded_as(&["--ref-format=reftable"]);
    // A table of refs grows by every change, so only the objects and refs themselves are compared.
    let told = doctor(&server);
    told.exits(0).says("made-up credential was rejected [KW-").says("without one was accepted").says("nothing is left");
    assert_eq!(server.refs(), "");
    assert_eq!(server.git(["count-objects"]), "0 objects, 0 kilobytes");
}

#[test]
fn a_mode_that_only_warns_is_a_note_and_the_off_switch_is_none() {
    let World { server, .. } = World::guarded();
    server.set("mode = \"enforce\"", "mode = \"warn\"");
    proves(&server, 0).says("note   the hook fires and sees the made-up credential");
    server.set("mode = \"warn\"", "mode = \"enforce\"");
    let config = server.config().display().to_string();
    server.keyward(["off", "--hours", "1", "--reason", "repair", "--by", "ann", "--config", &config]).exits(0);
    proves(&server, 1).says("FAILED the hook ran and did not see the made-up credential");
}

#[test]
fn settings_that_forbid_other_things_are_no_trouble() {
    let World { server, .. } = World::guarded();
    for name in ["receive.fsckObjects", "receive.denyNonFastForwards", "receive.denyDeletes"] {
        server.git(["config", name, "true"]);
    }
    server.git(["config", "receive.hideRefs", "refs/keyward"]);
    server.git(["config", "core.logAllRefUpdates", "always"]);
    proves(&server, 0).says("made-up credential was rejected [KW-").says("without one was accepted");
}

#[test]
fn hooks_that_run_after_a_push_hear_nothing_of_it() {
    let World { server, .. } = World::guarded();
    for name in ["post-receive", "post-update", "update"] {
        write_executable(&server.path().join("hooks").join(name), "#!/bin/sh\ntouch deployed\n");
    }
    proves(&server, 0);
    assert!(!server.path().join("deployed").exists());
}

#[test]
fn a_removed_hook_is_detected() {
    for limit in ["1", "10000"] {
        let World { server, .. } = World::guarded();
        server.git(["config", "receive.unpackLimit", limit]);
        fs::remove_file(server.path().join("hooks/pre-receive")).expect("a hook");
        let told = proves(&server, 1);
        told.says("FAILED there is no hook of Keyward's")
            .says("-> keyward install ")
            .says("was accepted: no hook of Keyward's ran");
        told.says("nothing is left behind").says("0 of 1 healthy");
    }
}

#[test]
fn a_shadowed_hook_is_detected() {
    let World { server, .. } = World::guarded();
    server.git(["config", "core.hooksPath", "elsewhere"]);
    proves(&server, 1).says("core.hooksPath leads to").says("no hook of Keyward's ran");
    server.git(["config", "--unset", "core.hooksPath"]);
    write_executable(&server.path().join("hooks/pre-receive"), "#!/bin/sh\nexit 0\n");
    proves(&server, 1).says("no hook of Keyward's ran");
}

#[test]
fn a_hook_that_is_not_executable_is_detected() {
    let World { server, .. } = World::guarded();
    let hook = server.path().join("hooks/pre-receive");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).expect("permissions");
    proves(&server, 1).says("is not executable").says("-> chmod +x").says("no hook of Keyward's ran");
}

#[test]
fn a_failing_hook_is_detected() {
    let World { server, .. } = World::guarded();
    fs::rename(server.root().join("etc/key"), server.root().join("etc/key.away")).expect("a key");
    proves(&server, 1).says("keyward key new").says("the hook fails:").says("configuration on this server is broken");
    fs::rename(server.root().join("etc/key.away"), server.root().join("etc/key")).expect("a key");
    server.set("contact = ", "contract = ");
    proves(&server, 1).says("contract");
    server.set("contract = ", "contact = ");
    fs::remove_file(server.config()).expect("a configuration");
    proves(&server, 1).says("keyward.toml");
    let hook = server.path().join("hooks/pre-receive");
    let text = fs::read_to_string(&hook).expect("a hook");
    write_executable(&hook, &text.replace("/keyward' pre-receive", "/gone' pre-receive"));
    proves(&server, 1).says("gone is gone or not executable");
}

#[test]
fn a_repository_of_somebody_else_is_told_with_the_owner() {
    let World { server, .. } = World::guarded();
    let chown = std::os::unix::fs::chown(server.path(), Some(65534), None);
    assert!(chown.is_ok(), "only root gives a folder away; run this story as root");
    let told = doctor(&server);
    told.exits(1).is_plain().says("it belongs to user 65534").says("-> run it as the owner");
    let mut install = keyward(server.root());
    run(install.arg("install").arg("--config").arg(server.config()).arg(server.path())).exits(2).says("user 65534");
}

#[test]
fn a_hook_that_another_one_goes_before_is_detected() {
    let World { server, .. } = World::guarded();
    let hook = server.path().join("hooks/pre-receive");
    let ours = server.path().join("hooks/ours");
    fs::rename(&hook, &ours).expect("a hook");
    write_executable(&hook, "#!/bin/sh\necho never on mondays\nexit 1\n");
    proves(&server, 1).says("rejected before Keyward was asked").says("never on mondays");
    // An administrator's own hook that starts ours is as good: files do not tell it, the push does.
    write_executable(&hook, "#!/bin/sh\nexec hooks/ours\n");
    proves(&server, 1).says("made-up credential was rejected [KW-");
}

#[test]
fn a_policy_that_only_watches_is_a_note() {
    let World { server, .. } = World::guarded();
    server.set("block = \"high\"", "block = \"never\"");
    proves(&server, 0).says("note   the hook fires and sees the made-up credential");
}

#[test]
fn a_hook_after_it_that_rejects_is_a_note() {
    let server = Server::bare();
    write_executable(&server.path().join("hooks/pre-receive"), "#!/bin/sh\necho never on mondays\nexit 1\n");
    server.install();
    proves(&server, 0).says("another hook rejects it").says("never on mondays");
}

#[test]
fn gitea_is_proved_through_its_own_script() {
    let World { server, .. } = World::unguarded();
    gitea(&server);
    proves(&server, 1).says("[Gitea]").says("no hook of Keyward's ran");
    server.install();
    proves(&server, 0).says("made-up credential was rejected [KW-").says("without one was accepted");
    let own = server.path().join("hooks/pre-receive");
    fs::set_permissions(&own, fs::Permissions::from_mode(0o644)).expect("permissions");
    proves(&server, 1).says("gitea admin regenerate hooks");
}

#[test]
fn gitlab_is_proved_in_gitalys_order() {
    let World { server, .. } = World::unguarded();
    let global = server.root().join("custom_hooks");
    gitlab(&server, &global);
    run(keyward(server.root()).arg("install").arg("--config").arg(server.config()).arg(&global)).exits(0);
    let config = server.root().join("gitaly/config.toml");
    let prove = || {
        let before = tree(&server.path());
        let mut command = keyward(server.root());
        command.args(["doctor", "--host", "gitlab"]).arg(server.path()).env("KEYWARD_GITALY_CONFIG", &config);
        let told = run(&mut command);
        assert_eq!(tree(&server.path()), before, "{}", told.out);
        told
    };
    prove()
        .exits(0)
        .says("made-up credential was rejected [KW-")
        .says("without one was accepted")
        .says("Gitaly itself");
    write_executable(&server.path().join("custom_hooks/pre-receive"), "#!/bin/sh\necho first; exit 1\n");
    prove().exits(1).says("rejected before Keyward was asked").says("first");
    fs::remove_dir_all(&global).expect("removable");
    prove().exits(1).says("there is no hook of Keyward's");
}

#[test]
fn an_address_is_proved_as_a_developer_would_push() {
    let World { server, .. } = World::guarded();
    let http = HttpServer::of(&server);
    let prove = || run(keyward(server.root()).arg("doctor").arg(http.url()));
    prove().exits(0).says("made-up credential was rejected [KW-");
    fs::remove_file(server.path().join("hooks/pre-receive")).expect("a hook");
    prove().exits(1).says("was accepted");
    assert!(!server.refs().contains("keyward"), "{}", server.refs());
}

#[test]
fn a_canary_can_be_pushed_by_hand() {
    let world = World::guarded();
    let canary = run(keyward(world.server.root()).args(["doctor", "--canary"]));
    assert!(canary.exits(0).out.starts_with("keyward_canary_"), "{}", canary.out);
    world.work.commit_file("canary.txt", &canary.out);
    let push = world.work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("Keyward canary");
}

#[test]
fn what_is_no_repository_is_told_and_the_others_are_proved() {
    let World { server, .. } = World::guarded();
    let told = run(keyward(server.root()).args(["doctor", "nowhere"]).arg(server.path()));
    told.exits(1).is_plain().says("there is no such folder").says("1 of 2 healthy");
}

#[test]
fn a_program_reads_it_as_json() {
    let World { server, .. } = World::guarded();
    let told = run(keyward(server.root()).args(["doctor", "--format", "json"]).arg(server.path()));
    let told: serde_json::Value = serde_json::from_str(&told.exits(0).out).expect("JSON");
    assert_eq!(told["schema"], "keyward.doctor/1");
    assert_eq!(told["targets"][0]["healthy"], true);
    assert_eq!(told["targets"][0]["checks"][0]["outcome"], "passed");
}

/// What an administrator reads, with what differs from run to run named.
fn readable(server: &Server, text: &str) -> String {
    let text = text.replace(&server.root().display().to_string(), "/srv");
    let code = regex::Regex::new("KW-[0-9A-Z]{8}").expect("a pattern");
    code.replace_all(&text, "[CODE]").into_owned()
}

#[test]
fn what_an_administrator_reads() {
    let World { server, .. } = World::guarded();
    let healthy = readable(&server, &doctor(&server).out);
    fs::remove_file(server.path().join("hooks/pre-receive")).expect("a hook");
    let removed = readable(&server, &doctor(&server).out);
    insta::assert_snapshot!(format!("{healthy}\n{removed}"));
}
