//! The table of figures in the README.

use std::fs;

use lab::workspace_root;

/// What stands above it.
const HEAD: &str = "| what | against | aim | ours |\n| --- | --- | --- | --- |\n";

/// A row of it. Rows are known by what they are about and against what.
pub struct Row {
    pub what: String,
    pub against: String,
    pub aim: String,
    pub ours: String,
}

impl Row {
    pub fn new(what: &str, against: &str, aim: &str, ours: String) -> Self {
        Self { what: what.to_owned(), against: against.to_owned(), aim: aim.to_owned(), ours }
    }

    fn key(&self) -> String {
        format!("| {} | {} |", self.what, self.against)
    }

    fn line(&self) -> String {
        format!("{} {} | {} |", self.key(), self.aim, self.ours)
    }
}

/// The rows as a table.
pub fn markdown(rows: &[Row]) -> String {
    rows.iter().fold(HEAD.to_owned(), |table, row| table + &row.line() + "\n")
}

/// Puts the rows into the README's table, in the place of older ones of their kind or at its end.
pub fn write(rows: &[Row]) -> Result<(), String> {
    let path = workspace_root().join("README.md");
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let readme = fs::read_to_string(&path).map_err(told)?;
    fs::write(&path, merged(&readme, rows)?).map_err(told)
}

fn merged(readme: &str, rows: &[Row]) -> Result<String, String> {
    let (before, rest) = readme.split_once(HEAD).ok_or("the README has no table of figures")?;
    let end = rest.find("\n\n").map_or(rest.len(), |end| end + 1);
    let mut lines: Vec<String> = rest[..end].lines().map(str::to_owned).collect();
    for row in rows {
        match lines.iter_mut().find(|line| line.starts_with(&row.key())) {
            Some(line) => *line = row.line(),
            None => lines.push(row.line()),
        }
    }
    let table: String = lines.into_iter().map(|line| line + "\n").collect();
    Ok(format!("{before}{HEAD}{table}{}", &rest[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_take_the_place_of_their_kind() {
        let readme = format!("# A\n\n{HEAD}| plan | cargo | 1 | 9 |\n| plan | dist | 2 | 8 |\n\nMore.\n");
        let rows = [Row::new("plan", "cargo", "1", "7".into()), Row::new("cost", "dist", "3", "6".into())];
        let merged = merged(&readme, &rows).unwrap();
        assert_eq!(
            merged,
            format!(
                "# A\n\n{HEAD}| plan | cargo | 1 | 7 |\n| plan | dist | 2 | 8 |\n| cost | dist | 3 | 6 |\n\nMore.\n"
            )
        );
        assert!(super::merged("# A\n", &rows).is_err());
    }
}
