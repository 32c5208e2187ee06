//! Published frameworks as SARIF knows them: taxonomies of the run, relationships and tags of its rules (SARIF 2.1.0, 3.19.3 and 3.53).

use std::collections::BTreeSet;

use keyward_rules::Class;
use keyward_rules::rule::{Framework, frameworks};
use serde_json::{Value, json};

/// The frameworks with those entries that the classes touch.
pub(super) fn of(classes: &BTreeSet<Class>) -> Vec<Value> {
    let touched: BTreeSet<&str> =
        classes.iter().flat_map(|class| class.frameworks()).map(|found| found.entry.id.as_str()).collect();
    frameworks().iter().map(|framework| taxonomy(framework, &touched)).collect()
}

fn taxonomy(framework: &Framework, touched: &BTreeSet<&str>) -> Value {
    let entries = framework.entries.iter().filter(|entry| touched.contains(entry.id.as_str()));
    let taxa: Vec<Value> = entries
        .map(|entry| json!({ "id": entry.id, "shortDescription": { "text": entry.title }, "helpUri": entry.url }))
        .collect();
    json!({
        "name": framework.id,
        "fullName": format!("{} {}", framework.name, framework.version),
        "version": framework.version,
        "organization": framework.publisher,
        "informationUri": framework.url,
        "isComprehensive": false,
        "taxa": taxa,
    })
}

/// The names by which the tool says which taxonomies it uses.
pub(super) fn supported() -> Vec<Value> {
    let numbered = frameworks().iter().enumerate();
    numbered.map(|(index, framework)| json!({ "name": framework.id, "index": index })).collect()
}

/// What a rule of this class touches, as references into the taxonomies.
pub(super) fn relationships(class: Class) -> Vec<Value> {
    let reference = |id: &str, framework: &str| json!({ "target": { "id": id, "toolComponent": { "name": framework } }, "kinds": ["relevant"] });
    class.frameworks().iter().map(|found| reference(&found.entry.id, &found.framework.id)).collect()
}

/// The same as tags, of which code hosts show those for weaknesses.
pub(super) fn tags(class: Class) -> Vec<String> {
    let tag = |id: &str, framework: &str| format!("external/{framework}/{id}").to_lowercase();
    let touched = class.frameworks().into_iter().map(|found| tag(&found.entry.id, &found.framework.id));
    std::iter::once("security".to_owned()).chain(touched).collect()
}
