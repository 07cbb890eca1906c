//! What the commands say of the format language.

/// A command's examples, then the language.
pub(crate) fn help(examples: &str) -> String {
    format!("{examples}\n\n{LANGUAGE}")
}

const LANGUAGE: &str = "\
Formats are text with:
  %t topic  %p partition  %o offset  %k key  %v or %s value  %T or %d timestamp in milliseconds  %h headers
  %K %V (or %S) length of key and value, -1 for null  %R length of the value as 4 bytes  %H count of headers
  %e leader epoch  %x producer id  %y producer epoch  %i count of records so far  %% a percent sign
  \\n \\t \\r \\0 \\\\ \\xHH     line end, tab, carriage return, zero byte, backslash, any byte
Text takes a form in braces: %k{hex} %v{base64}. Numbers take {ascii} {hex8} {hex16} {hex32} {hex64}
{big8} {big16} {big32} {big64} {little8} {little16} {little32} {little64}, and times also {s} {rfc3339} {strftime[%F %T]}.
%h{…} holds the format of one header, with %k %v %K %V: %h{%k=%v;}";
