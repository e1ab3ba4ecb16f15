//! `table!`: plain structs that serialise field by field.

/// Writes structs of plain fields with `Serialize` by field name: what serde's derive would, without its compiler
/// plug-in in every build of this crate. Numbers that are not finite become null in JSON.
macro_rules! table {
    ($($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)+
    })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)+
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;
                let fields = [$(stringify!($field)),+].len();
                let mut table = serializer.serialize_struct(stringify!($name), fields)?;
                $(table.serialize_field(stringify!($field), &self.$field)?;)+
                table.end()
            }
        }
    )+};
}

pub(crate) use table;
