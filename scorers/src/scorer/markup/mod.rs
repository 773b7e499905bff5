//! What a reader sees of a text in Markdown, HTML or LaTeX: the words, without the marks around them.
//!
//! The marks are told from ordinary signs as a person tells them, not by any one standard, since replies mix all three and
//! are often cut off: `2*3*4`, `snake_case`, `C#`, `a < b` and `$5` stay as they are, and so does what stands in code. No
//! digit or word is lost or joined to another; a power keeps its mark (`10<sup>2</sup>` is `10^2`). Text that is struck out
//! is withdrawn, unless there is no other.

mod code;
mod emphasis;
mod html;
mod latex;
mod signs;

use regex::Regex;
use signs::{STRUCK, STRUCK_END, constant, released};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The signs without which a text has no markup.
const SIGNS: &[char] = &['*', '_', '`', '~', '<', '&', '\\', '#', '>', '[', '{'];

/// The text as a reader sees it. Takes time linear in the text.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(SIGNS) {
        return Cow::Borrowed(text);
    }
    let text = code::protect(text);
    let text = html::strip(&text);
    let text = latex::strip(&text);
    let text = LINK.replace_all(&text, "$text");
    let text = NOTE.replace_all(&text, "");
    let text = LINE.replace_all(&text, "");
    let text = emphasis::strip(&text);
    let text = unstruck(&text);
    Cow::Owned(text.chars().map(released).collect())
}

/// Whether a text has signs that markup is made of.
pub(super) fn is_markup(text: &str) -> bool {
    text.contains(SIGNS)
}

static LINK: LazyLock<Regex> = LazyLock::new(|| {
    constant(r#"!?\[(?P<text>[^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:\s+"[^"]*")?\)"#)
});
static NOTE: LazyLock<Regex> = LazyLock::new(|| constant(r"\[\^[^\[\]\s]*\]:?"));
/// What makes a line a quotation or a heading.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?m)^[ ]{0,3}(?:>[ ]?)+(?:[ ]{0,3}#{1,6}(?:[ \t]+|$))?|^[ ]{0,3}#{1,6}(?:[ \t]+|$)")
});

/// The text without what is struck out, or without the striking where nothing else is said.
fn unstruck(text: &str) -> Cow<'_, str> {
    if !text.contains(STRUCK) {
        return Cow::Borrowed(text);
    }
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, struck)) = rest.split_once(STRUCK) {
        left.push_str(before);
        rest = match struck.split_once(STRUCK_END) {
            Some((_, after)) => after,
            None => {
                left.push_str(struck);
                ""
            }
        };
    }
    left.push_str(rest);
    let said = if left.contains(char::is_alphanumeric) { left.as_str() } else { text };
    Cow::Owned(said.chars().filter(|sign| !matches!(*sign, STRUCK | STRUCK_END)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assert_seen(examples: &[(&str, &str)]) {
        for (written, seen) in examples {
            assert_eq!(visible(written), *seen, "{written}");
        }
    }

    #[test]
    fn emphasis_goes_and_the_words_stay() {
        assert_seen(&[
            ("_C_ or __C__ or *C* or **C** or ***C***", "C or C or C or C or C"),
            ("**_C_** and __*no*__", "C and no"),
            ("답은 **C**입니다, 是**猫**。", "답은 C입니다, 是猫。"),
            ("It is **cut", "It is **cut"),
            ("**Answer:** no", "Answer: no"),
            (
                "snake_case, __init__.py, 2*3*4, 2**10, a * b * c, x*y*z",
                "snake_case, init.py, 2*3*4, 2**10, a * b * c, x*y*z",
            ),
            ("## Answer\n> **no**\n> > _yes_", "Answer\nno\nyes"),
            ("#5, C# and # one", "#5, C# and # one"),
            ("[Rome](https://example.org/7 \"a city\")[^1] ![a cat](x.png)", "Rome a cat"),
            ("\\*not emphasis\\*, \\$5, 7\\. no", "*not emphasis*, $5, 7. no"),
        ]);
    }

    #[test]
    fn code_is_read_as_it_stands() {
        assert_seen(&[
            ("`C`", "C"),
            ("``a `b` _c_``", "a `b` _c_"),
            ("```python\nx_y * 2 * z\n```\n**no**", "x_y * 2 * z\n\nno"),
            ("```\n<b>", "<b>"),
            ("a ` b", "a ` b"),
        ]);
    }

    #[test]
    fn tags_and_entities_go() {
        assert_seen(&[
            ("<b>C</b> <span class=\"x\">no</span><!-- 7 -->", "C no"),
            ("one<br>two<p>three</p>", "one\ntwo\nthree\n"),
            ("10<sup>2</sup> H<sub>2</sub>O", "10^2 H2O"),
            ("1 &frac12; &amp; &lt;b&gt; &#8722;3 &#x37;&nbsp;", "1 ½ & <b> −3 7\u{A0}"),
            ("<answer>no</answer>", " no "),
            ("a < b > c, 3 < 4, <3, x <y and z> w", "a < b > c, 3 < 4, <3, x <y and z> w"),
        ]);
    }

    #[test]
    fn commands_of_latex_go() {
        assert_seen(&[
            (r"\boxed{C}", "C"),
            (r"$\boxed{\text{C}}$", "$C$"),
            (r"\(\mathbf{7}\) \[x\]", "7  x "),
            (r"\frac{3}{4}, 1\dfrac{1}{2}, \tfrac12", "3/4, 1 1/2, 1/2"),
            (r"1{,}000 and 1\,000, 10^{-3}, H_{2}O", "1,000 and 1\u{2009}000, 10^-3, H2O"),
            (r"1.5 \times 10^{3}", "1.5 × 10^3"),
            (r"\boxed{cut", "cut"),
            (r"{a} \unknown{b}", r"{a} \unknown{b}"),
        ]);
    }

    #[test]
    fn what_is_struck_out_is_withdrawn() {
        assert_seen(&[
            ("~~cat~~ dog", " dog"),
            ("<del>cat</del>dog <s>x</s>", "dog "),
            ("~~cat~~", "cat"),
            ("~5 and ~~ 6", "~5 and ~~ 6"),
        ]);
    }

    proptest! {
        #[test]
        fn text_without_markup_stays(text in "[a-zA-Z0-9 .,:;!?'\"()/+=%$€-]{0,60}") {
            prop_assert_eq!(visible(&text), text.as_str());
        }

        #[test]
        fn no_text_panics_and_no_digit_is_made_up(pieces in proptest::collection::vec(prop_oneof![
            any::<String>(),
            proptest::sample::select(vec![
                "*", "**", "_", "__", "`", "``", "```\n", "~~", "<b>", "</b>", "<s>", "<sup>", "&", "&frac12;", "&#7;", "\\", "\\frac{",
                "\\boxed{", "{", "}", "{,}", "[", "](", ")", "\n", "> ", "# ", "word", "7", " ",
            ]).prop_map(str::to_owned),
        ], 0..16)) {
            let text = pieces.concat();
            let seen = visible(&text);
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
            prop_assert!(digits(&seen) <= digits(&text) + text.matches('&').count());
        }
    }

    #[test]
    fn time_is_linear_in_the_text() {
        for piece in [
            "*a", "_", "`", "`a``b", "```\n", "<b", "<!--", "\\frac{", "\\text{", "{", "[a](", "[", "&",
            "~~a", "> ", "a*",
        ] {
            let _ = visible(&piece.repeat(20_000));
        }
    }
}
