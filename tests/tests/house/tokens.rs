//! A source file as a tree of tokens, without comments and what only tests have.

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A word, and its line.
    Ident(String, usize),
    Punct(char),
    /// A number, or a text with its quotes.
    Literal(String),
    /// What stands in brackets of this kind.
    Group(char, Vec<Token>),
}

/// # Errors
/// Where the text is not even tokens of Rust.
pub(crate) fn read(text: &str) -> Result<Vec<Token>, LexError> {
    Ok(tokens(text.parse()?))
}

fn tokens(stream: TokenStream) -> Vec<Token> {
    let mut all = Vec::new();
    for tree in stream {
        match tree {
            TokenTree::Ident(word) => all.push(Token::Ident(word.to_string(), word.span().start().line)),
            TokenTree::Punct(mark) => all.push(Token::Punct(mark.as_char())),
            TokenTree::Literal(literal) => all.push(Token::Literal(literal.to_string())),
            TokenTree::Group(group) => {
                let kind = match group.delimiter() {
                    Delimiter::Brace => '{',
                    Delimiter::Parenthesis => '(',
                    Delimiter::Bracket => '[',
                    Delimiter::None => ' ',
                };
                all.push(Token::Group(kind, tokens(group.stream())));
            }
        }
    }
    without_tests(all)
}

/// Leaves out items with an attribute `cfg(test)`.
fn without_tests(all: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut rest = &all[..];
    while let Some((token, after)) = rest.split_first() {
        rest = after;
        let [Token::Group('[', attribute), item @ ..] = after else {
            kept.push(token.clone());
            continue;
        };
        if *token != Token::Punct('#') || !is_test_only(attribute) {
            kept.push(token.clone());
            continue;
        }
        rest = after_item(item);
    }
    kept
}

/// What follows the item at the start of `tokens`, whose attributes are not all read; the same of a field or a statement.
fn after_item(mut tokens: &[Token]) -> &[Token] {
    const ITEMS: [&str; 10] = ["const", "enum", "extern", "fn", "impl", "mod", "static", "struct", "trait", "use"];
    while let [Token::Punct('#'), Token::Group('[', _), after @ ..] = tokens {
        tokens = after;
    }
    let first = tokens.iter().find_map(|token| match token {
        Token::Ident(word, _) if !matches!(word.as_str(), "pub" | "async" | "unsafe") => Some(word.as_str()),
        _ => None,
    });
    let is_item = first.is_some_and(|word| ITEMS.contains(&word));
    let is_end = |token: &Token| match token {
        Token::Punct(mark) => *mark == ';' || (*mark == ',' && !is_item),
        Token::Group(kind, _) => *kind == '{' && !matches!(first, Some("use" | "const" | "static")),
        Token::Ident(..) | Token::Literal(_) => false,
    };
    let end = tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1);
    &tokens[end..]
}

/// Is this attribute a `cfg` that holds in tests alone?
fn is_test_only(attribute: &[Token]) -> bool {
    match attribute {
        [Token::Ident(name, _), Token::Group('(', condition)] if name == "cfg" => needs_test(condition),
        _ => false,
    }
}

fn needs_test(condition: &[Token]) -> bool {
    match condition {
        [Token::Ident(word, _)] => word == "test",
        [Token::Ident(word, _), Token::Group('(', inner)] => {
            let mut parts = inner.split(|token| *token == Token::Punct(',')).filter(|part| !part.is_empty());
            match word.as_str() {
                "all" => parts.any(needs_test),
                "any" => parts.all(needs_test),
                _ => false,
            }
        }
        _ => false,
    }
}
