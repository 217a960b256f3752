//! The public declarations of generated Kotlin or Swift: one line each, without bodies and comments, in
//! order.
//!
//! It reads what UniFFI's generator writes, which is regular, and is no parser of either language: it follows
//! brackets, and takes what stands before a body or a line's end, outside of bodies, for a declaration.

use std::collections::BTreeSet;

/// Which language is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Kotlin,
    Swift,
}

const TYPES: &[&str] =
    &["class", "interface", "object", "enum", "struct", "protocol", "extension", "actor"];
const MEMBERS: &[&str] =
    &["fun", "func", "val", "var", "let", "init", "constructor", "case", "typealias"];
/// What the generator needs for itself, and has to make visible.
const PLUMBING: &[&str] = &[
    "Uniffi",
    "uniffi",
    "FfiConverter",
    "RustBuffer",
    "ForeignBytes",
    "ForeignCallback",
    "NoHandle",
    "InternalException",
];
/// What stands before a declaration that is nobody's to use.
const HIDDEN: &[&str] = &["internal", "private", "fileprivate", "protected"];

/// What braces hold.
enum Scope {
    /// A type's members.
    Type { path: String, is_enum: bool, members_are_public: bool },
    /// A function's body, or a type that is not public.
    Skipped,
}

/// All public declarations.
pub(crate) fn declarations(source: &str, language: Language) -> BTreeSet<String> {
    let text = without_comments(source);
    let mut reader =
        Reader { language, scopes: Vec::new(), head: String::new(), found: BTreeSet::new() };
    let mut parentheses = 0_usize;
    // How many parentheses were open where each brace opened.
    let mut around = Vec::new();
    let mut rest = text.char_indices();
    while let Some((at, letter)) = rest.next() {
        match letter {
            '"' => {
                let literal = literal_length(&text[at..]);
                reader.head.push_str(&text[at..at + literal]);
                while rest.clone().next().is_some_and(|(next, _)| next < at + literal) {
                    rest.next();
                }
            }
            '(' | '[' => {
                parentheses += 1;
                reader.head.push(letter);
            }
            ')' | ']' => {
                parentheses = parentheses.saturating_sub(1);
                reader.head.push(letter);
            }
            '{' => {
                around.push(parentheses);
                reader.open(parentheses == 0);
                parentheses = 0;
            }
            '}' => {
                reader.end_of_declaration();
                reader.scopes.pop();
                parentheses = around.pop().unwrap_or(0);
            }
            ';' if parentheses == 0 => reader.end_of_declaration(),
            '\n' if parentheses == 0 && ends_here(&reader.head, &text[at..]) => {
                reader.end_of_declaration()
            }
            _ => reader.head.push(letter),
        }
    }
    reader.end_of_declaration();
    reader.found
}

struct Reader {
    language: Language,
    scopes: Vec<Scope>,
    head: String,
    found: BTreeSet<String>,
}

impl Reader {
    fn open(&mut self, outside_parentheses: bool) {
        let head = std::mem::take(&mut self.head);
        let words = words_before_value(&head);
        let named =
            TYPES.iter().any(|kind| words.iter().any(|word| word == kind)) && outside_parentheses;
        let public = self.take(&head);
        let scope = match (named, public) {
            (true, true) => Scope::Type {
                path: self.path_of(&words),
                is_enum: words.iter().any(|word| word == "enum"),
                members_are_public: self.language == Language::Kotlin
                    || words.iter().any(|word| word == "protocol"),
            },
            _ => Scope::Skipped,
        };
        self.scopes.push(scope);
    }

    fn end_of_declaration(&mut self) {
        let head = std::mem::take(&mut self.head);
        self.take(&head);
    }

    /// Notes a declaration if it is one, and public; says whether it is.
    fn take(&mut self, head: &str) -> bool {
        let line = without_value(&head.split_whitespace().collect::<Vec<_>>().join(" "));
        let words = words_before_value(head);
        let has = |word: &str| words.iter().any(|other| other == word);
        let (path, is_enum, members_are_public) = match self.scopes.last() {
            Some(Scope::Skipped) => return false,
            Some(Scope::Type { path, is_enum, members_are_public }) => {
                (path.as_str(), *is_enum, *members_are_public)
            }
            None => ("", false, self.language == Language::Kotlin),
        };
        let kind = TYPES.iter().chain(MEMBERS).find(|kind| has(kind));
        if kind.is_none() {
            // The names of a Kotlin enum are declared by nothing but themselves.
            if is_enum && self.language == Language::Kotlin {
                for name in line.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                    self.found.insert(format!("{path} / {name}"));
                }
            }
            return false;
        }
        let shown = match self.language {
            Language::Kotlin => true,
            Language::Swift => {
                has("public")
                    || has("open")
                    || has("case")
                    || has("extension")
                    || members_are_public
            }
        };
        let plumbing = words.iter().any(|word| {
            PLUMBING
                .iter()
                .any(|own| word.trim_matches('`').trim_start_matches('_').starts_with(own))
        }) || PLUMBING
            .iter()
            .any(|own| line.contains(&format!("({own}")) || line.contains(&format!(": {own}")));
        if !shown || plumbing || HIDDEN.iter().any(|hidden| has(hidden)) {
            return false;
        }
        let line = line.replace('`', "");
        if line.starts_with("@_documentation(visibility: private)") {
            return false;
        }
        // Each type has one, most with nothing in it.
        if line == "companion object" {
            return true;
        }
        self.found.insert(if path.is_empty() { line } else { format!("{path} / {line}") });
        true
    }

    fn path_of(&self, words: &[String]) -> String {
        // `enum class Name`, `companion object`: the name follows the last of such words.
        let kind = words.iter().rposition(|word| TYPES.contains(&word.as_str())).unwrap_or(0);
        let name = words.get(kind + 1).map_or("companion", |name| name.trim_matches('`'));
        match self.scopes.last() {
            Some(Scope::Type { path, .. }) => format!("{path}.{name}"),
            _ => name.to_owned(),
        }
    }
}

/// Whether a declaration is over at a line's end, seen from what was read and what follows.
fn ends_here(head: &str, rest: &str) -> bool {
    let (head, rest) = (head.trim(), rest.trim_start());
    let goes_on = rest.starts_with(['{', ':', ',', '=', '.', '?'])
        || ["throws", "async", "where", "->"].iter().any(|word| rest.starts_with(word));
    let wants_more = [",", ":", "=", "->"].iter().any(|end| head.ends_with(end))
        || words_before_value(head).is_empty()
        || ["public", "open", "internal"].contains(&head);
    !goes_on && !wants_more
}

/// The words up to the first bracket, colon or equals sign, attributes left out.
fn words_before_value(head: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = head.trim();
    while let Some(attribute) = rest.strip_prefix('@') {
        let end = attribute
            .find(|c: char| !(c.is_alphanumeric() || "._:".contains(c)))
            .unwrap_or(attribute.len());
        rest = attribute[end..].trim_start();
        if rest.starts_with('(') {
            let close = closing(rest);
            rest = rest[close..].trim_start();
        }
    }
    let end = rest.find(['(', ':', '=', '<', '{']).unwrap_or(rest.len());
    words.extend(rest[..end].split_whitespace().map(str::to_owned));
    // `init?(` and `init(` are the same word.
    for word in &mut words {
        if word == "init?" {
            word.pop();
        }
    }
    words
}

/// Where the bracket that a text begins with is closed.
fn closing(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// A declaration without attributes, and without what follows an equals sign outside of brackets.
fn without_value(line: &str) -> String {
    let mut depth = 0_usize;
    let mut end = line.len();
    for (at, letter) in line.char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '=' if depth == 0 && !line[at..].starts_with("==") => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    let line = line[..end].trim();
    // One way to write what the generator's templates space differently.
    let mut out = line.to_owned();
    for (odd, even) in [
        ("@Suppress(\"ASSIGNED_BUT_NEVER_ACCESSED_VARIABLE\") ", ""),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        (",)", ")"),
        (" (", "("),
        (") :", "):"),
        (")async", ") async"),
        (")throws", ") throws"),
        (")override", ") override"),
    ] {
        out = out.replace(odd, even);
    }
    while out.contains("  ") {
        out = out.replace("  ", " ");
    }
    out
}

/// The length of the string literal that a text begins with.
fn literal_length(text: &str) -> usize {
    if let Some(lines) = text.strip_prefix("\"\"\"") {
        return lines.find("\"\"\"").map_or(text.len(), |end| end + 6);
    }
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return at + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The text without comments and without conditions of the compiler.
fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while let Some(letter) = source[at..].chars().next() {
        let rest = &source[at..];
        let line_begins = out.rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
        let skip = if letter == '"' {
            let length = literal_length(rest);
            out.push_str(&rest[..length]);
            length
        } else if rest.starts_with("//") || (letter == '#' && line_begins) {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            out.push(letter);
            letter.len_utf8()
        };
        at += skip;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(source: &str, language: Language) -> Vec<String> {
        declarations(source, language).into_iter().collect()
    }

    #[test]
    fn kotlin_shows_types_and_members_but_no_bodies() {
        let source = r#"
            /** A {brace} in a comment. */
            data class Status (
                /** How many. */
                var `left`: kotlin.UInt
                ,
                var `name`: kotlin.String = "}" 
            ){
                companion object
            }
            internal class Hidden { fun no() {} }
            public object FfiConverterTypeStatus: FfiConverterRustBuffer<Status> { override fun read(b: ByteBuffer) = 1 }
            enum class Tier { LOW,
                HIGH;
                companion object
            }
            open class Wallet: Disposable, WalletInterface
            {
                private val counter = AtomicLong(1)
                @Throws(OpenException::class)override fun `code`(`options`: CodeOptions?): CitizenCode {
                    if (a) { b() }
                    val inside = 1
                    return x
                }
                companion object {
                    fun `open`(): Wallet { return Wallet() }
                }
                @Suppress("X")
                override suspend fun `refresh`() : List<Pass> {
                }
            }
            interface WalletInterface {
                suspend fun `refresh`(): List<Pass>
                fun `lock`()
            }
        "#;
        assert_eq!(
            lines(source, Language::Kotlin),
            [
                "Tier / HIGH",
                "Tier / LOW",
                "Wallet.companion / fun open(): Wallet",
                "Wallet / @Throws(OpenException::class) override fun code(options: CodeOptions?): CitizenCode",
                "Wallet / @Suppress(\"X\") override suspend fun refresh(): List<Pass>",
                "WalletInterface / fun lock()",
                "WalletInterface / suspend fun refresh(): List<Pass>",
                "interface WalletInterface",
                "data class Status(var left: kotlin.UInt, var name: kotlin.String = \"}\")",
                "enum class Tier",
                "open class Wallet: Disposable, WalletInterface",
            ]
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
        );
    }

    #[test]
    fn swift_shows_what_is_public_and_a_protocol_s_members() {
        let source = r"
            #if canImport(SzidFFI)
            import SzidFFI
            #endif
            fileprivate func hidden() { }
            public protocol WalletProtocol: AnyObject, Sendable {
                /// Words.
                func code(options: CodeOptions?) throws  -> CitizenCode
            }
            open class Wallet: WalletProtocol, @unchecked Sendable {
                fileprivate let handle: UInt64
                public func uniffiCloneHandle() -> UInt64 { return 1 }
            open func refresh()async throws  -> Bool  {
                return try await x { $0 }
            }
            }
            public enum OpenError: Swift.Error {
                case Broken(advice: Advice
                )
                case Locked
            }
        ";
        let found = lines(source, Language::Swift);
        assert_eq!(
            found,
            [
                "OpenError / case Broken(advice: Advice)",
                "OpenError / case Locked",
                "Wallet / open func refresh() async throws -> Bool",
                "WalletProtocol / func code(options: CodeOptions?) throws -> CitizenCode",
                "open class Wallet: WalletProtocol, @unchecked Sendable",
                "public enum OpenError: Swift.Error",
                "public protocol WalletProtocol: AnyObject, Sendable",
            ]
        );
    }
}
