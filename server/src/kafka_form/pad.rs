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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_longest_cell_and_no_narrower_than_told() {
        assert_eq!((width(15, ["a", "bb"]), width(1, ["a", "bb"])), (15, 2));
        assert_eq!(line(&[("a", 3), ("bb", 0), ("c", 2)]), "a   bb c ");
    }
}
