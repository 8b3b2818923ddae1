//! `exports` of package.json: <https://nodejs.org/api/packages.html#conditional-exports>. The first condition that holds
//! counts, so their order has to stay, which JSON's maps do not promise.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What can be imported from a package, or under which conditions, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exports(Vec<(String, Export)>);

/// A file, or a choice of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Export {
    /// A file in the package, behind `./`.
    File(String),
    /// What the first condition that holds says.
    Conditions(Exports),
}

impl Exports {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, key: &str, file: &str) -> Self {
        self.with(key, Export::File(file.to_owned()))
    }

    /// Adds a choice.
    #[must_use]
    pub fn choice(self, key: &str, conditions: Self) -> Self {
        self.with(key, Export::Conditions(conditions))
    }

    fn with(mut self, key: &str, export: Export) -> Self {
        self.0.push((key.to_owned(), export));
        self
    }

    /// All files that it names; those of patterns are left out.
    pub fn files(&self) -> Vec<&str> {
        let mut files = Vec::new();
        for (_, export) in &self.0 {
            match export {
                Export::File(file) if file.contains('*') => {}
                Export::File(file) => files.push(file.as_str()),
                Export::Conditions(conditions) => files.extend(conditions.files()),
            }
        }
        files
    }
}

impl Serialize for Exports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, export) in &self.0 {
            map.serialize_entry(key, export)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Exports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Exports;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of files and conditions")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Exports, M::Error> {
                let mut exports = Vec::new();
                while let Some((key, export)) = map.next_entry::<String, Export>()? {
                    if exports.iter().any(|(other, _)| *other == key) {
                        return Err(M::Error::custom(format!("`{key}` stands there twice")));
                    }
                    exports.push((key, export));
                }
                Ok(Exports(exports))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn their_order_stays() {
        let dot = Exports::default().file("node", "./n.js").file("default", "./d.js");
        let exports = Exports::default().choice(".", dot).file("./web/*", "./web/*");
        let text = serde_json::to_string(&exports).unwrap();
        assert_eq!(text, r#"{".":{"node":"./n.js","default":"./d.js"},"./web/*":"./web/*"}"#);
        assert_eq!(serde_json::from_str::<Exports>(&text).unwrap(), exports);
        assert_eq!(exports.files(), ["./n.js", "./d.js"]);
        assert!(serde_json::from_str::<Exports>(r#"{"a":"x","a":"y"}"#).is_err());
    }
}
