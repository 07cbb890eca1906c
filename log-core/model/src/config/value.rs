//! How a type of Rust reads and writes the text of a value.
//!
//! Numbers and words may stand among blanks, lists are separated by commas and keep the first of equal items, an absent value is an empty text.

use super::key::ConfigType;
use super::types::Ratio;

/// A type of values.
pub(super) trait Value: Sized {
    /// Kafka's type.
    const TYPE: ConfigType;

    /// Reads a value, or says what the type takes.
    fn parse(text: &str) -> Result<Self, String>;

    /// The text of the value; none stands for Kafka's null.
    fn format(&self) -> Option<String>;

    /// The value where it is a whole number.
    fn number(&self) -> Option<i64> {
        None
    }
}

macro_rules! whole_number {
    ($int:ty, $config_type:ident) => {
        impl Value for $int {
            const TYPE: ConfigType = ConfigType::$config_type;

            fn parse(text: &str) -> Result<Self, String> {
                let number = text.trim().parse::<i128>().map_err(|_| "it takes a whole number".to_string())?;
                <$int>::try_from(number).map_err(|_| match number < 0 {
                    true => format!("it is below the least value, {}", <$int>::MIN),
                    false => format!("it is above the largest value, {}", <$int>::MAX),
                })
            }

            fn format(&self) -> Option<String> {
                Some(self.to_string())
            }

            fn number(&self) -> Option<i64> {
                Some(i64::from(*self))
            }
        }
    };
}

whole_number!(i16, Short);
whole_number!(i32, Int);
whole_number!(i64, Long);

impl Value for bool {
    const TYPE: ConfigType = ConfigType::Boolean;

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match (text.eq_ignore_ascii_case("true"), text.eq_ignore_ascii_case("false")) {
            (true, _) => Ok(true),
            (_, true) => Ok(false),
            _ => Err("it takes true or false".to_string()),
        }
    }

    fn format(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Value for Ratio {
    const TYPE: ConfigType = ConfigType::Double;

    fn parse(text: &str) -> Result<Self, String> {
        let number = text.trim().parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
        number.map(|number| Ratio((number * 1e6).round() as u32)).ok_or_else(|| "it takes a number between 0 and 1".to_string())
    }

    /// As Java writes a double: with a digit behind the point.
    fn format(&self) -> Option<String> {
        Some(format!("{:?}", f64::from(self.0) / 1e6))
    }
}

impl Value for String {
    const TYPE: ConfigType = ConfigType::String;

    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.trim().to_string())
    }

    fn format(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl Value for Vec<String> {
    const TYPE: ConfigType = ConfigType::List;

    fn parse(text: &str) -> Result<Self, String> {
        let mut items: Vec<String> = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            if !items.iter().any(|known| known == item) {
                items.push(item.to_string());
            }
        }
        Ok(items)
    }

    fn format(&self) -> Option<String> {
        Some(self.join(","))
    }
}

impl<T: Value> Value for Option<T> {
    const TYPE: ConfigType = T::TYPE;

    fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() { Ok(None) } else { T::parse(text).map(Some) }
    }

    fn format(&self) -> Option<String> {
        self.as_ref().and_then(T::format)
    }

    fn number(&self) -> Option<i64> {
        self.as_ref().and_then(T::number)
    }
}
