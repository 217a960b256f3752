//! Prose that is read without scrolling: comments and the English pages have lines of at most 110 columns.

use std::path::{Path, PathBuf};

const WIDTH: usize = 110;

/// Folders of what others wrote or programs made, beside hidden ones.
const NOT_OURS: [&str; 3] = ["target", "node_modules", "vendor"];

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        match path.is_dir() {
            true if NOT_OURS.contains(&&*name) || name.starts_with('.') => {}
            true => files(&path, into),
            false => into.push(path),
        }
    }
}

/// Chinese takes two columns a character and is broken where a reader would not see it.
fn is_english(line: &str) -> bool {
    line.chars().all(|letter| letter < '\u{2e80}')
}

/// Lines that are prose; tables, programs, pictures and long names stay as wide as they are.
fn prose(text: &str, is_page: bool) -> impl Iterator<Item = (usize, &str)> {
    let mut in_program = false;
    text.lines().enumerate().filter(move |(_, line)| {
        let comment = || {
            let rest = line.trim_start().strip_prefix("//")?;
            let rest = rest.strip_prefix(['/', '!']).unwrap_or(rest);
            Some(rest.strip_prefix(' ').unwrap_or(rest))
        };
        let Some(content) = (if is_page { Some(*line) } else { comment() }) else { return false };
        let start = content.trim_start();
        in_program ^= start.starts_with("```");
        let is_program = in_program || content.starts_with("    ");
        !is_program
            && !start.starts_with(['|', '<', '#', '!'])
            && !start.starts_with("```")
            && start.contains(' ')
    })
}

#[test]
fn lines_of_prose_fit() {
    let (mut all, mut seen, mut wide) = (Vec::new(), 0, Vec::new());
    files(&szid_tests::workspace_root(), &mut all);
    for path in all {
        let is_page = path.extension().is_some_and(|kind| kind == "md");
        let is_code = path
            .extension()
            .is_some_and(|kind| ["rs", "kt", "swift", "js"].iter().any(|own| kind == *own));
        if !is_page && !is_code {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // What a command's help says is drawn as it stands, in two languages side by side.
        if text.contains("verbatim_doc_comment") {
            continue;
        }
        for (number, line) in prose(&text, is_page).filter(|(_, line)| is_english(line)) {
            seen += 1;
            if line.chars().count() > WIDTH {
                wide.push(format!("{}:{}", path.display(), number + 1));
            }
        }
    }
    assert!(seen > 5_000, "{seen} lines were looked at");
    assert!(wide.is_empty(), "wider than {WIDTH}:\n{}", wide.join("\n"));
}
