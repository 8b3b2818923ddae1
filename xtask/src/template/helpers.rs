//! What templates can call: `{{json x}}`, `{{glob x}}`, `{{ident x}}`, `{{comment x}}`. Each is as safe as `{{x}}`.

use handlebars::{Context, Handlebars, Helper, HelperDef, Output, RenderContext, RenderErrorReason};
use serde_json::Value;

use super::quote::{Language, dockerfile_glob};

/// What a helper writes.
pub type Made = Result<String, RenderErrorReason>;

/// A helper that needs only what it is given.
pub fn helper(make: fn(&Helper<'_>) -> Made) -> Box<dyn HelperDef + Send + Sync> {
    let write =
        move |h: &Helper<'_>, _: &Handlebars<'_>, _: &Context, _: &mut RenderContext<'_, '_>, out: &mut dyn Output| {
            Ok(out.write(&make(h)?)?)
        };
    Box::new(write)
}

/// Registers the helpers that every language has.
pub fn register(registry: &mut Handlebars<'static>) {
    registry.register_helper("json", helper(json));
    registry.register_helper("glob", helper(glob));
    registry.register_helper("ident", helper(ident));
    registry.register_helper("comment", helper(comment));
}

/// What a helper is given; a variable that does not exist is an error.
pub fn value<'a>(helper: &'a Helper<'_>, name: &'static str) -> Result<&'a Value, RenderErrorReason> {
    let value = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex(name, 0))?;
    if value.is_value_missing() {
        return Err(RenderErrorReason::MissingVariable(value.relative_path().cloned()));
    }
    Ok(value.value())
}

/// The text that a helper is given.
pub fn text<'a>(helper: &'a Helper<'_>, name: &'static str) -> Result<&'a str, RenderErrorReason> {
    value(helper, name)?.as_str().ok_or_else(|| RenderErrorReason::InvalidParamType("string"))
}

/// A JSON string, wherever it stands: the exec form in a Dockerfile, for instance.
fn json(h: &Helper<'_>) -> Made {
    Ok(Language::Json.quote(text(h, "json")?))
}

/// A pattern that only this path matches, in the exec form of a Dockerfile's ADD or COPY.
fn glob(h: &Helper<'_>) -> Made {
    Ok(dockerfile_glob(text(h, "glob")?))
}

/// A name in the program's own sense (a class, a build stage): refused if it is anything else.
fn ident(h: &Helper<'_>) -> Made {
    let text = text(h, "ident")?;
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        Ok(text.to_owned())
    } else {
        Err(RenderErrorReason::Other(format!("`{text}` is not a name")))
    }
}

/// The rest of a comment's line: line ends become blanks.
fn comment(h: &Helper<'_>) -> Made {
    Ok(text(h, "comment")?.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
}
