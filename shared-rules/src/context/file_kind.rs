//! What a file's path says of the values in it.

/// Files that pin versions by checksum, by name. Their random values are digests.
const LOCKS: &[&str] = &[
    "go.sum",
    "go.work.sum",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "packages.lock.json",
    "yarn.lock",
    "bun.lock",
    "cartfile.resolved",
    "package.resolved",
    "manifest.json.lock",
    "module.bazel.lock",
    "maven_install.json",
    "verification-metadata.xml",
    "deps.edn.lock",
    "checksums.txt",
    "sha256sums",
    "sha512sums",
];

/// Folders of tests and of what they are fed with.
const TEST_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "test-data",
    "test_data",
    "spec",
    "specs",
    "__tests__",
    "__mocks__",
    "fixture",
    "fixtures",
    "__fixtures__",
    "mock",
    "mocks",
    "e2e",
    "cypress",
    "testutil",
    "testutils",
    "integration-tests",
    "androidtest",
    "unittests",
];

/// Endings of files in which a bare word is a value and no name of program text.
const CONFIGS: &[&str] = &[
    "env",
    "yml",
    "yaml",
    "properties",
    "ini",
    "conf",
    "cfg",
    "toml",
    "netrc",
    "npmrc",
    "pypirc",
    "sh",
    "bash",
    "dockerfile",
    "tfvars",
    "config",
    "cnf",
    "xml",
    "plist",
    "txt",
    "md",
    "csv",
    "log",
];

/// Endings of program text in languages that put strings in quotes.
const SOURCES: &[&str] = &[
    "java", "go", "rs", "ts", "tsx", "js", "jsx", "mjs", "cs", "scala", "kt", "kts", "swift", "c", "h", "cpp", "cc",
    "hpp", "m", "mm", "php", "py", "rb", "dart", "vue", "svelte", "groovy", "ex", "exs", "erl", "hs", "ml", "fs", "vb",
    "lua",
];

/// What a path tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileKind {
    /// A lock file: values of no known form are checksums.
    pub(crate) lock: bool,
    /// A test or its data: a password that a person made up is not one that opens anything.
    pub(crate) test: bool,
    /// A configuration file or a note: bare words are values.
    pub(crate) config: bool,
    /// Program text: a value without quotes is a name.
    pub(crate) source: bool,
}

impl FileKind {
    pub(crate) fn of(path: &str) -> FileKind {
        let path = path.to_ascii_lowercase();
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let ending = name.rsplit('.').next().unwrap_or_default();
        let named_test = [
            ".test.",
            ".spec.",
            "_test.",
            "-test.",
            "_spec.",
            "test.java",
            "tests.java",
            "test.kt",
            "tests.cs",
            "test.cs",
            "test.php",
            "tests.swift",
        ];
        FileKind {
            lock: ending == "lock" || LOCKS.contains(&name),
            test: folders.split('/').any(|folder| TEST_FOLDERS.contains(&folder))
                || named_test.iter().any(|part| name.contains(part))
                || name.starts_with("test_"),
            source: SOURCES.contains(&ending),
            config: CONFIGS.contains(&ending) || name.starts_with(".env"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FileKind;

    #[test]
    fn paths_tell_locks_tests_and_configuration() {
        let kinds = |path: &str| {
            let FileKind { lock, test, config, source } = FileKind::of(path);
            [(lock, "lock"), (test, "test"), (config, "config"), (source, "source")]
                .iter()
                .filter(|(is, _)| *is)
                .map(|(_, word)| *word)
                .collect::<Vec<_>>()
        };
        for (path, expected) in [
            ("ios/Podfile.lock", vec!["lock"]),
            ("web/package-lock.json", vec!["lock"]),
            ("src/tests/login.py", vec!["test", "source"]),
            ("spec/models/user_spec.rb", vec!["test", "source"]),
            ("src/app.test.ts", vec!["test", "source"]),
            ("deploy/.env.production", vec!["config"]),
            ("Dockerfile", vec!["config"]),
            ("src/contest.rs", vec!["source"]),
            ("latest/main.go", vec!["source"]),
        ] {
            assert_eq!(kinds(path), expected, "{path}");
        }
    }
}
