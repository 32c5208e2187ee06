//! How its characters are written.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::super::made::{gzip, noise};
use super::super::shape::{Family, Shape};
use super::super::world::{Push, World};

pub(super) const FAMILY: Family = Family {
    name: "encodings",
    title: "Encodings",
    intro: "How its characters are written.",
    shapes: &[
        Shape::leak("crlf", "in a text with Windows' line ends", crlf),
        Shape::leak("utf8-mark", "in UTF-8 with a byte order mark", utf8_mark),
        Shape::leak("utf16-le-mark", "in UTF-16, little-endian, with a byte order mark", |world| {
            utf16(world, u16::to_le_bytes, true)
        }),
        Shape::leak("utf16-le", "in UTF-16, little-endian, without a mark", |world| {
            utf16(world, u16::to_le_bytes, false)
        }),
        Shape::leak("utf16-be-mark", "in UTF-16, big-endian, with a byte order mark", |world| {
            utf16(world, u16::to_be_bytes, true)
        }),
        Shape::leak("utf16-be", "in UTF-16, big-endian, without a mark", |world| utf16(world, u16::to_be_bytes, false)),
        Shape::leak("false-mark", "in plain text behind a mark of UTF-16", false_mark),
        Shape::leak(
            "utf16-in-a-program",
            "in UTF-16 in the midst of a program, as .NET keeps strings",
            utf16_in_a_program,
        ),
        Shape::leak("base64-of-utf16", "in base64 of UTF-16, as PowerShell takes commands", base64_of_utf16),
        Shape::leak("base64", "in base64, as in a Kubernetes Secret", once),
        Shape::leak("base64-lines", "in base64 over several lines", lines),
        Shape::leak("base64-url", "in base64 with the alphabet of URLs", url),
        Shape::leak("base64-twice", "in base64 in base64", twice),
        Shape::leak("base64-three-times", "in base64 in base64 in base64", three_times),
        Shape::leak("gzip-in-base64", "in gzip in base64, as Helm and cloud-init keep it", gzip_in_base64),
        Shape::leak("data-url", "in a `data:` address", data_url),
        Shape::leak("basic-header", "in the header of a request with a name and a password", basic_header),
        Shape::leak("hexadecimal", "in hexadecimal", hexadecimal),
        Shape::leak("json-escapes", "with characters as JSON escapes", json_escapes),
        Shape::leak("percent-escapes", "with characters as in URLs", percent_escapes),
        Shape::leak("html-escapes", "with characters as in HTML", html_escapes),
        Shape::leak("json-in-json", "in JSON that is a string in JSON", json_in_json),
        Shape::leak("notebook-source", "in a cell of a notebook", notebook_source),
        Shape::leak("notebook-output", "in what a cell of a notebook printed", notebook_output),
    ],
};

fn push_file(world: &World, name: &str, content: impl AsRef<[u8]>) -> Result<Push> {
    world.commit_file(name, content)?;
    world.push(&["main"])
}

fn crlf(world: &World) -> Result<Push> {
    push_file(world, "deploy.bat", format!("@echo off\r\nset GITHUB_TOKEN={}\r\nrelease\r\n", world.secret()))
}

fn utf8_mark(world: &World) -> Result<Push> {
    push_file(world, "token.txt", format!("\u{feff}{}\n", world.secret()))
}

fn utf16(world: &World, bytes: fn(u16) -> [u8; 2], mark: bool) -> Result<Push> {
    let mark = if mark { "\u{feff}" } else { "" };
    let text = format!("{mark}{}", world.script());
    push_file(world, "deploy.ps1", text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>())
}

fn false_mark(world: &World) -> Result<Push> {
    push_file(world, "deploy.ps1", [b"\xff\xfe\n", world.script().as_bytes()].concat())
}

fn little_endian(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn utf16_in_a_program(world: &World) -> Result<Push> {
    let strings = little_endian(&format!("Acme.Client\0{}\0User-Agent\0", world.secret()));
    push_file(world, "Acme.dll", [b"MZ\x90\0\x03\0\0\0", &noise(5, 3_001)[..], &strings, &noise(6, 3_000)].concat())
}

fn base64_of_utf16(world: &World) -> Result<Push> {
    let command = little_endian(&format!("$token = '{}'; .\\release.ps1 $token", world.secret()));
    push_file(world, "release.bat", format!("powershell -EncodedCommand {}\r\n", STANDARD.encode(command)))
}

fn once(world: &World) -> Result<Push> {
    let secret = format!("apiVersion: v1\nkind: Secret\ndata:\n  token: {}\n", STANDARD.encode(world.secret()));
    push_file(world, "secret.yaml", secret)
}

fn lines(world: &World) -> Result<Push> {
    let text = STANDARD.encode(world.script().repeat(4));
    let lines: Vec<_> = text.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
    push_file(world, "mail.eml", format!("Content-Transfer-Encoding: base64\n\n{}\n", lines.join("\n")))
}

fn url(world: &World) -> Result<Push> {
    // With characters that the two alphabets write differently.
    push_file(
        world,
        "state.txt",
        format!("state={}\n", URL_SAFE_NO_PAD.encode(format!("<?>~ {} ~<?>", world.secret()))),
    )
}

fn twice(world: &World) -> Result<Push> {
    push_file(world, "values.yaml", format!("data: {}\n", STANDARD.encode(STANDARD.encode(world.script()))))
}

fn three_times(world: &World) -> Result<Push> {
    let text = STANDARD.encode(STANDARD.encode(STANDARD.encode(world.script())));
    push_file(world, "values.yaml", format!("data: {text}\n"))
}

fn gzip_in_base64(world: &World) -> Result<Push> {
    push_file(world, "release.yaml", format!("release: {}\n", STANDARD.encode(gzip(world.script().as_bytes())?)))
}

fn data_url(world: &World) -> Result<Push> {
    let text = format!("<a href=\"data:text/plain;base64,{}\">settings</a>\n", STANDARD.encode(world.script()));
    push_file(world, "index.html", text)
}

fn basic_header(world: &World) -> Result<Push> {
    let pair = STANDARD.encode(format!("x-access-token:{}", world.secret()));
    push_file(world, "gitconfig", format!("[http]\n\textraheader = AUTHORIZATION: basic {pair}\n"))
}

fn hexadecimal(world: &World) -> Result<Push> {
    let digits: String = world.script().bytes().map(|byte| format!("{byte:02x}")).collect();
    push_file(world, "blob.txt", format!("blob = '{digits}'\n"))
}

/// Writes the underscore and the last character as `escape` says.
fn escaped(world: &World, escape: impl Fn(char) -> String) -> String {
    let last = world.secret().len() - 1;
    let letter = |(at, letter): (usize, char)| if letter == '_' || at == last { escape(letter) } else { letter.into() };
    world.secret().char_indices().map(letter).collect()
}

fn json_escapes(world: &World) -> Result<Push> {
    let token = escaped(world, |letter| format!("\\u{:04x}", u32::from(letter)));
    push_file(world, "settings.json", format!("{{\n  \"token\": \"{token}\"\n}}\n"))
}

fn percent_escapes(world: &World) -> Result<Push> {
    let token = escaped(world, |letter| format!("%{:02X}", u32::from(letter)));
    push_file(world, "links.txt", format!("https://api.github.com/user?access_token={token}&page=1\n"))
}

fn html_escapes(world: &World) -> Result<Push> {
    let token = escaped(world, |letter| format!("&#{};", u32::from(letter)));
    push_file(world, "index.html", format!("<input name=\"token\" value=\"{token}\">\n"))
}

fn json_in_json(world: &World) -> Result<Push> {
    let inner = serde_json::to_string(&serde_json::json!({ "note": "a \"quoted\" word", "token": world.secret() }))?;
    push_file(world, "event.json", serde_json::to_string(&serde_json::json!({ "body": inner }))?)
}

/// A notebook with one cell, as Jupyter writes it.
pub(super) fn notebook(source: &str, output: &str, image: &str) -> Result<String> {
    let display = serde_json::json!({ "output_type": "display_data", "metadata": {},
        "data": { "image/png": image, "text/plain": ["<Figure size 640x480 with 1 Axes>"] } });
    let stream = serde_json::json!({ "output_type": "stream", "name": "stdout", "text": [output] });
    let cell = serde_json::json!({ "cell_type": "code", "execution_count": 1, "metadata": {},
        "outputs": [stream, display], "source": [source] });
    let book = serde_json::json!({ "cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5 });
    Ok(serde_json::to_string_pretty(&book)?)
}

fn notebook_source(world: &World) -> Result<Push> {
    let source = format!("import github\ngh = github.Github(\"{}\")\n", world.secret());
    push_file(world, "explore.ipynb", notebook(&source, "ok\n", "")?)
}

fn notebook_output(world: &World) -> Result<Push> {
    let output = format!("HOME=/root\nGITHUB_TOKEN={}\nPWD=/\n", world.secret());
    push_file(world, "explore.ipynb", notebook("!env\n", &output, "")?)
}
