//! What can be written by program, for OpenAPI and for the page that explains it: the addresses of forms, with the shape of each kind that whoever
//! asks knows.

use app::Register;
use plan::Procedure;
use serde_json::{Map, Value, json};
use vocab::{Lang, Refusal};

use super::super::Here;
use super::refused;

/// Where one writes, and the message that says what.
pub(super) const LIST: [(&str, &str); 6] = [
    ("/registers/{kind}/new", "api-write-new"),
    ("/registers/{kind}/{owner}/{id}/edit", "api-write-edit"),
    ("/registers/{kind}/{owner}/{id}/do/{transition}", "api-write-step"),
    ("/registers/{kind}/{owner}/{id}/say", "api-write-say"),
    ("/registers/{kind}/{owner}/{id}/note", "api-write-note"),
    ("/imports", "api-write-import"),
];

/// A command that writes a draft of the first kind that goes through a procedure.
pub(super) fn example(here: &Here<'_>) -> String {
    let plan = here.site.rashin().plan();
    let mut kinds = plan.kinds.iter();
    let Some(kind) = kinds.find(|kind| plan.procedure_of(&kind.id).is_some()) else {
        return String::new();
    };
    let body = json!({"state": "draft", "record": {"kind_version": kind.version, "fields": {(kind.title_field.as_str()): "架空"}}});
    let address = here.whole_address(&format!("/registers/{}/new", kind.id));
    format!(
        "curl '{address}' \\\n  -H \"Authorization: Bearer $RASHIN_KEY\" \\\n  -H 'Content-Type: application/json' \\\n  -H 'Idempotency-Key: 2026-001' \\\n  -d '{body}'"
    )
}

/// Paths and schemas.
pub(super) struct Written {
    pub paths: Map<String, Value>,
    pub schemas: Map<String, Value>,
}

/// What whoever asks can write.
pub(super) fn of(here: &Here<'_>) -> Result<Written, Refusal> {
    let plan = here.site.rashin().plan();
    let mut written = Written {
        paths: Map::new(),
        schemas: common(),
    };
    for Register { kind, may_add } in here.desk.registers(&here.visit)? {
        let mut body = ::record::json_schema(&kind);
        if let Some(body) = body.as_object_mut() {
            body.remove("$schema");
        }
        let name = format!("Record-{}", kind.id);
        let at = format!("/registers/{}", kind.id);
        written.schemas.insert(name.clone(), body);
        let record = json!({"$ref": format!("#/components/schemas/{name}")});
        let new = json!({"type": "object", "required": ["record"], "properties": {
            "state": {"enum": ["draft", "filed"], "default": "filed"}, "record": record,
        }});
        let sending = Sending { here, kind: &kind.id };
        if may_add {
            written
                .paths
                .insert(format!("{at}/new"), sending.new_record(&new));
        }
        if here.visit.caller.is_none() {
            continue;
        }
        let mut edit = new;
        edit["required"] = json!(["version", "record"]);
        edit["properties"]["version"] = version();
        let at = format!("{at}/{{owner}}/{{id}}");
        written.paths.insert(
            format!("{at}/edit"),
            sending.to_record("edit", "api-write-edit", &edit),
        );
        let Some(procedure) = plan.procedure_of(&kind.id) else {
            continue;
        };
        let mut step = sending.to_record("do", "api-write-step", &step_body(&name));
        if let Some(parameters) = step["post"]["parameters"].as_array_mut() {
            parameters.push(transition(procedure));
        }
        written.paths.insert(format!("{at}/do/{{transition}}"), step);
        for (how, says, names) in [
            ("say", "api-write-say", &["with", "text"][..]),
            ("note", "api-write-note", &["text"]),
        ] {
            let texts = names
                .iter()
                .map(|name| ((*name).to_owned(), json!({"type": "string"})));
            let mut properties: Map<String, Value> = texts.collect();
            properties.insert("version".into(), version());
            let body = object(&["version", "text"], &properties.into());
            written
                .paths
                .insert(format!("{at}/{how}"), sending.to_record(how, says, &body));
        }
    }
    Ok(written)
}

/// What every kind's records have around them.
fn common() -> Map<String, Value> {
    let record = json!({"type": "object", "required": ["kind", "owner", "id"], "properties": {
        "kind": {"type": "string"}, "owner": {"type": "string"}, "id": {"type": "string"},
        "version": version(), "state": {"enum": ["draft", "filed"]},
        "record": {"type": "object"}, "case": {"type": ["object", "null"]}, "public_state": {"type": ["object", "null"]},
        "actions": {"type": "array", "items": {"$ref": "#/components/schemas/Action"}},
    }});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let action = json!({"type": "object", "required": ["id", "address", "version", "fields", "missing", "reason", "dissent", "with"], "properties": {
        "id": {"type": "string"}, "title": {"type": ["object", "null"]}, "address": {"type": "string"}, "version": version(),
        "fields": texts, "missing": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
        "reason": {"enum": ["required", "optional", "none"]}, "dissent": {"type": "boolean"}, "with": texts,
    }});
    [("Record".to_owned(), record), ("Action".to_owned(), action)]
        .into_iter()
        .collect()
}

fn version() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({"type": "object", "required": required, "additionalProperties": false, "properties": properties})
}

fn step_body(name: &str) -> Value {
    let fields = json!({"$ref": format!("#/components/schemas/{name}/properties/fields")});
    let text = json!({"type": "string"});
    let properties = json!({"version": version(), "fields": fields, "reason": text, "dissent": text});
    object(&["version"], &properties)
}

fn transition(procedure: &Procedure) -> Value {
    let ids: Vec<&str> = procedure.transitions.iter().map(|one| one.id.as_str()).collect();
    json!({"name": "transition", "in": "path", "required": true, "schema": {"enum": ids}})
}

/// The operations of one kind.
struct Sending<'a> {
    here: &'a Here<'a>,
    kind: &'a str,
}

impl Sending<'_> {
    fn new_record(&self, body: &Value) -> Value {
        let again = json!({"name": "Idempotency-Key", "in": "header",
            "description": self.here.site.texts(Lang::En).text("api-header-again"),
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}$"}});
        let mut operation = self.operation("new", "api-write-new", body, &[again]);
        if let Some(responses) = operation["post"]["responses"].as_object_mut()
            && let Some(kept) = responses.remove("200")
        {
            responses.insert("201".into(), kept);
        }
        let location = json!({"Location": {"schema": {"type": "string"}}});
        operation["post"]["responses"]["201"]["headers"] = location;
        operation
    }

    fn to_record(&self, what: &str, says: &str, body: &Value) -> Value {
        let named = ["owner", "id"]
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
        self.operation(what, says, body, &named)
    }

    fn operation(&self, what: &str, says: &str, body: &Value, parameters: &[Value]) -> Value {
        let (en, ja) = (self.here.site.texts(Lang::En), self.here.site.texts(Lang::Ja));
        let kept = json!({"$ref": "#/components/schemas/Record"});
        let mut responses = json!({
            "200": {"description": en.text("api-kept"), "content": {"application/json": {"schema": kept}}},
        });
        for status in ["400", "401", "403", "404", "413", "415", "422", "429", "503"] {
            responses[status] = refused(en);
        }
        responses["409"] = refused(en);
        responses["409"]["description"] = en.text("api-conflict").into();
        json!({"post": {
            "operationId": format!("{}-{what}", self.kind),
            "summary": en.text(says),
            "description": ja.text(says),
            "security": [{"key": []}],
            "parameters": parameters,
            "requestBody": {"required": true, "content": {"application/json": {"schema": body}}},
            "responses": responses,
        }})
    }
}
