//! Kafka's names as Rust's.

/// `TransactionalId` as `transactional_id`; a keyword becomes a raw identifier.
pub(crate) fn field(name: &str) -> String {
    let snake = snake(name);
    match snake.as_str() {
        "match" | "type" | "ref" | "use" | "where" | "move" | "loop" | "in" | "static" => format!("r#{snake}"),
        _ => snake,
    }
}

/// `ProduceRequest` as `produce_request`; a run of capitals is one word.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let after_small = index > 0 && !letters[index - 1].is_uppercase();
        let before_small = index > 0 && letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_small || before_small) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
