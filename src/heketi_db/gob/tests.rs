use super::super::value::{Interface, Struct};
use super::*;

/// Bytes from hex digits; blanks are for reading.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

fn fields(value: &Value) -> &Struct {
    match value {
        Value::Struct(fields) => fields,
        other => panic!("{other:?}"),
    }
}

/// An attribute as heketi 10.4 writes it.
const ATTRIBUTE: &str =
    "30 ffbb 03 01 01 10 4462417474726962757465456e747279 01 ffbc 00 01 02 01 03 4b6579 01 0c 00 01 05
    56616c7565 01 0c 00 00 00
    24 ffbc 01 1a 44425f425249434b5f4841535f535542545950455f4649454c44 01 03 796573 00";

#[test]
fn an_attribute_of_heketi_is_read() {
    let decoded = decode(&hex(ATTRIBUTE)).unwrap();
    assert_eq!(decoded.rest, 0);
    let value = fields(&decoded.value);
    assert_eq!(&*value.type_name, "DbAttributeEntry");
    assert_eq!(value.get("Key"), Some(&Value::Text("DB_BRICK_HAS_SUBTYPE_FIELD".to_owned())));
    assert_eq!(value.get("Value"), Some(&Value::Text("yes".to_owned())));
    assert_eq!(value.get("Other"), None);
}

#[test]
fn every_beginning_of_a_stream_is_an_error() {
    let whole = hex(ATTRIBUTE);
    for end in 0..whole.len() {
        assert!(decode(&whole[..end]).is_err(), "{end}");
    }
    let mut longer = whole;
    longer.extend([1, 2, 3]);
    assert_eq!(decode(&longer).unwrap().rest, 3);
}

/// A struct type 65 `T` with one field `F` of a type, and a value of it.
fn one_field(kind: &str, value: &str) -> Result<Value, GobError> {
    let description = format!("ff81 03 01 01 01 54 01 ff82 00 01 01 01 01 46 01 {kind} 00 00 00");
    let bytes = hex(&format!("{:02x} {description}", hex(&description).len()));
    let message = hex(&format!("ff82 01 {value} 00"));
    let length = u8::try_from(message.len()).unwrap();
    let decoded = decode(&[bytes, vec![length], message].concat())?;
    Ok(fields(&decoded.value).get("F").unwrap().clone())
}

#[test]
fn built_in_types_are_read() {
    assert_eq!(one_field("02", "01"), Ok(Value::Bool(true)));
    assert_eq!(one_field("04", "05"), Ok(Value::Int(-3)));
    assert_eq!(one_field("06", "05"), Ok(Value::Uint(5)));
    assert_eq!(one_field("08", "fef83f"), Ok(Value::Float(1.5)));
    assert_eq!(one_field("0a", "02 0102"), Ok(Value::Bytes(vec![1, 2])));
    assert_eq!(one_field("0c", "02 6162"), Ok(Value::Text("ab".to_owned())));
    assert_eq!(one_field("0c", "01 ff"), Ok(Value::Bytes(vec![255])));
    assert_eq!(one_field("0e", "fef83f fe3140"), Ok(Value::Complex(1.5, 17.0)));
    assert_eq!(one_field("10", "00"), Ok(Value::Nil));
}

#[test]
fn an_interface_holds_a_value_of_a_named_type() {
    let held = |type_name: &str, value| {
        Value::Interface(Box::new(Interface { type_name: type_name.to_owned(), value }))
    };
    // The two forms of an action's delta in heketi's databases.
    assert_eq!(one_field("10", "03 696e74 04 02 00 0a"), Ok(held("int", Value::Int(5))));
    assert_eq!(one_field("10", "07 666c6f61743634 08 04 00 fe1c40"), Ok(held("float64", Value::Float(7.0))));
}

#[test]
fn an_interface_may_describe_its_type_and_go_on_in_a_further_message() {
    // Type 67 `R` with a field `N` of type int, described in the middle of the value.
    let description = "ff85 03 01 01 01 52 01 ff86 00 01 01 01 01 4e 01 04 00 00 00";
    let value = one_field("10", &format!("02 2a52 {description} 07 ff86 03 01 06 00"));
    let Ok(Value::Interface(held)) = value else { panic!("{value:?}") };
    assert_eq!(held.type_name, "*R");
    assert_eq!(fields(&held.value).get("N"), Some(&Value::Int(3)));
}

#[test]
fn lists_maps_and_self_encoded_values_are_read() {
    // A list of ints on its own: type 65, no struct, hence the 0 before the value.
    let list = hex("0c ff81 02 01 02 ff82 00 01 04 00 00 07 ff82 00 03 02 04 05");
    let list = decode(&list).unwrap().value;
    assert_eq!(list, Value::List(vec![Value::Int(1), Value::Int(2), Value::Int(-3)]));
    // An array of two of them; its description has a length, too.
    let array = hex("0e ff81 01 01 02 ff82 00 01 04 01 04 00 00 06 ff82 00 02 02 04");
    assert_eq!(decode(&array).unwrap().value, Value::List(vec![Value::Int(1), Value::Int(2)]));
    let map = hex("0e ff81 04 01 02 ff82 00 01 0c 01 04 00 00 07 ff82 00 01 01 61 04");
    let entry = (Value::Text("a".to_owned()), Value::Int(2));
    assert_eq!(decode(&map).unwrap().value, Value::Map(vec![entry]));
    let time = hex("0f ff81 05 01 01 04 54696d65 01 ff82 00 00 00 06 ff82 00 02 aabb");
    let Ok(Decoded { value: Value::Opaque(time), rest: 0 }) = decode(&time) else { panic!() };
    assert_eq!((&*time.type_name, &time.bytes[..]), ("Time", &[0xaa, 0xbb][..]));
}

#[test]
fn what_would_take_too_much_is_refused() {
    let fault = |value: Result<Value, GobError>| value.unwrap_err().fault;
    // The field is of its own type: each further byte goes a level deeper.
    assert_eq!(fault(one_field("ff82", &"01".repeat(90))), Fault::TooDeep);
    assert!(matches!(fault(one_field("0c", "f8ffffffffffffffff")), Fault::Ends { .. }));
    assert!(matches!(fault(one_field("ff84", "01")), Fault::UnknownType(66)));
    assert!(matches!(fault(one_field("02", "05")), Fault::NotBool(5)));
    let huge = vec![0; MAX_BYTES + 1];
    assert_eq!(decode(&huge).unwrap_err().fault, Fault::TooLong { bytes: MAX_BYTES + 1 });
    // Two million ints.
    let mut many = hex("0c ff81 02 01 02 ff82 00 01 04 00 00 fd1e8487 ff82 00 fd1e8480");
    many.resize(many.len() + 2_000_000, 2);
    assert_eq!(decode(&many).unwrap_err().fault, Fault::TooMany);
}

#[test]
fn errors_say_where() {
    let error = one_field("0c", "05 6162").unwrap_err();
    assert_eq!(
        error.to_string(),
        "at byte 27 of the gob value: 5 bytes are said to follow as a text, and there are 3"
    );
    let none = decode(&hex("03 ff81 00")).unwrap_err();
    assert_eq!(none.fault, Fault::NoKind(65));
    assert_eq!(decode(&[]).unwrap_err().fault, Fault::NoValue);
}
