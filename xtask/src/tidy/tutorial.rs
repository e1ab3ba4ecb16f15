//! A tutorial's code is real code: a block that begins with a file's name is that file, letter by letter.

use super::house::{Finding, House};

pub(super) fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in house.documents() {
        let mut lines = document.lines();
        while let Some((number, line)) = lines.next() {
            let Some(path) =
                line.strip_prefix("```").and_then(|head| head.split_once("file=")).map(|head| head.1)
            else {
                continue;
            };
            let body = lines.by_ref().take_while(|(_, line)| *line != "```");
            let block: String = body.flat_map(|(_, line)| [line, "\n"]).collect();
            let right = match house.file(path.trim()) {
                Some(file) if file.text == block => continue,
                Some(file) => first_difference(&file.text, &block),
                None => "there is no such file".to_owned(),
            };
            findings.push(Finding::at(document, number, format!("the block is not {path}: {right}")));
        }
    }
    findings
}

fn first_difference(file: &str, block: &str) -> String {
    let same = file.lines().zip(block.lines()).take_while(|(a, b)| a == b).count();
    format!("line {} of the file is {:?}", same + 1, file.lines().nth(same).unwrap_or("its end"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_tidy, findings};
    use super::check;

    #[test]
    fn tutorials_show_the_files_they_name() {
        assert_tidy(check);
    }

    #[test]
    fn a_block_that_strays_from_its_file_is_found() {
        let document =
            "```rust file=a.rs\nlet a = 1;\nlet b = 3;\n```\n```sh\nls\n```\n```rust file=b.rs\n```\n";
        let found = findings(check, &[("a.rs", "let a = 1;\nlet b = 2;\n"), ("a.md", document)]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("line 2 of the file is \"let b = 2;\""), "{found:?}");
    }
}
