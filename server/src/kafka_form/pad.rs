//! Columns as Kafka's tools align them: padded to a width of their own or to the longest cell.

/// The width of a column: at least `least`, as wide as the longest of the cells.
pub(super) fn width<'a>(least: usize, cells: impl IntoIterator<Item = &'a str>) -> usize {
    cells.into_iter().map(|cell| cell.chars().count()).fold(least, usize::max)
}

/// Cells padded to their widths with a blank between each; the last column is padded too where it has a width.
pub(super) fn line(cells: &[(&str, usize)]) -> String {
    let padded: Vec<String> = cells.iter().map(|(cell, width)| format!("{cell:<width$}")).collect();
    padded.join(" ")
}

/// A table as `ToolsUtils.prettyPrintTable` prints it: each cell padded to the longest of its column, a tab behind it.
pub(super) fn pretty_table(rows: &[Vec<String>]) -> Vec<String> {
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len))
        .map(|column| width(0, rows.iter().filter_map(|row| row.get(column)).map(String::as_str)))
        .collect();
    let cells = |row: &Vec<String>| row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}\t")).collect::<String>();
    rows.iter().map(cells).collect()
}

/// A row of words.
pub(super) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_longest_cell_and_no_narrower_than_told() {
        assert_eq!((width(15, ["a", "bb"]), width(1, ["a", "bb"])), (15, 2));
        assert_eq!(line(&[("a", 3), ("bb", 0), ("c", 2)]), "a   bb c ");
        assert_eq!(pretty_table(&[words(&["a", "bb"]), words(&["ccc", "d"])]), ["a  \tbb\t", "ccc\td \t"]);
    }
}
