//! Each type of PostgreSQL, as a parameter and as a column.

use std::fmt::Debug;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use ipnetwork::IpNetwork;
use pg_scope::Transaction;
use rust_decimal::Decimal;
use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, Iterable as _, Set,
    Statement, TryGetable, Value, prelude::Uuid,
};
use serde_json::json;

use super::bakery::Bakery;

mod every {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "every")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub price: Option<Decimal>,
        pub prices: Vec<Decimal>,
        #[sea_orm(select_as = "text", save_as = "interval")]
        pub cast_span: Option<String>,
        #[sea_orm(save_as = "interval")]
        pub span: Option<String>,
        #[sea_orm(save_as = "timetz")]
        pub at: Option<String>,
        #[sea_orm(column_type = "Inet")]
        pub address: Option<IpNetwork>,
        #[sea_orm(column_type = "Cidr")]
        pub network: Option<IpNetwork>,
        #[sea_orm(save_as = "int4range")]
        pub numbers: Option<String>,
        #[sea_orm(save_as = "citext")]
        pub nick: Option<String>,
        pub positive: Option<i32>,
        pub moods: Vec<super::Mood>,
        pub seen: Option<DateTimeUtc>,
        pub ids: Vec<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "mood")]
pub enum Mood {
    #[sea_orm(string_value = "glad")]
    Glad,
    #[sea_orm(string_value = "sad")]
    Sad,
}

async fn open(name: &str) -> Bakery {
    let bakery = Bakery::empty(name).await;
    // One extension for all tests, which one of them at a time may create.
    let has_citext = bakery.begin().await;
    has_citext.query("SELECT pg_advisory_xact_lock(19)", &[]).await.expect("a lock");
    let create = "CREATE EXTENSION IF NOT EXISTS citext SCHEMA public";
    has_citext.query(create, &[]).await.expect("an extension");
    has_citext.commit().await.expect("a commit");
    for sql in [
        "CREATE TYPE mood AS ENUM ('glad', 'sad')",
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",
        "CREATE TYPE pair AS (a integer, b text)",
    ] {
        bakery.run(sql).await;
    }
    bakery
}

#[tokio::test]
async fn entity_of_every_usual_type_is_written_and_read() {
    let bakery = open("types_entity").await;
    let table = "CREATE TABLE every (id bigserial PRIMARY KEY, price numeric, prices numeric[],
        cast_span interval, span interval, at timetz, address inet, network cidr, numbers int4range,
        nick citext, positive positive, moods mood[], seen timestamptz, ids uuid[])";
    bakery.run(table).await;
    let db = bakery.begin().await;
    let text = |text: &str| Set(Some(text.to_owned()));
    let model = every::ActiveModel {
        price: Set(Some(Decimal::new(-1_234_567, 4))),
        prices: Set(vec![Decimal::new(1, 2), Decimal::ZERO]),
        cast_span: text("1 day"),
        span: text("1 year 2 mons -3 days +04:05:06.789"),
        at: text("12:34:56.5+02"),
        address: Set(Some("10.1.2.3/8".parse().expect("an address"))),
        network: Set(Some("2001:db8::/32".parse().expect("a network"))),
        numbers: text("[1,10)"),
        nick: text("Ada"),
        positive: Set(Some(7)),
        moods: Set(Mood::iter().collect()),
        seen: Set(Some(DateTime::from_timestamp(1_700_000_000, 0).expect("a time"))),
        ids: Set(vec![Uuid::from_u128(1), Uuid::from_u128(2)]),
        ..Default::default()
    };
    let inserted = model.clone().insert(&db).await.expect("a row");
    assert_eq!(every::Model { ..inserted.clone() }.moods, [Mood::Glad, Mood::Sad]);
    let expected: every::Model =
        every::ActiveModel { id: Set(inserted.id), ..model }.try_into().expect("every value");
    assert_eq!(inserted, expected);
    assert_eq!(every::Entity::find().one(&db).await.expect("rows"), Some(expected));
    // citext compares without case.
    let sql = "SELECT count(*) AS found FROM every WHERE nick = $1::citext";
    let found = Statement::from_sql_and_values(DbBackend::Postgres, sql, ["ADA".into()]);
    let found = db.query_one_raw(found).await.expect("rows").expect("a row");
    assert_eq!(found.try_get::<i64>("", "found").expect("a count"), 1);

    let nothing = every::ActiveModel {
        prices: Set(Vec::new()),
        moods: Set(Vec::new()),
        ids: Set(Vec::new()),
        ..Default::default()
    };
    let nothing = nothing.insert(&db).await.expect("a row");
    assert_eq!((nothing.price, nothing.address, nothing.span), (None, None, None));
    drop(db);
    bakery.close().await;
}

/// Reads the expression `sql`, in which `$1` is the value.
async fn read<T: TryGetable>(db: &Transaction, sql: &str, value: Value) -> T {
    let text = format!("SELECT {sql} AS value");
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, text, [value]);
    let row = db.query_one_raw(statement).await.expect(sql).expect("a row");
    row.try_get("", "value").expect(sql)
}

/// The value comes back as it was sent, and as NULL.
async fn round_trip<T>(db: &Transaction, sql: &str, value: T)
where
    T: Clone + Debug + PartialEq + TryGetable + Into<Value>,
{
    assert_eq!(read::<T>(db, sql, value.clone().into()).await, value, "{sql}");
    let null = value.into().as_null();
    assert_eq!(read::<Option<T>>(db, sql, null).await, None, "{sql}");
}

#[tokio::test]
async fn values_and_arrays_return_as_they_were_sent() {
    let bakery = open("types_round_trip").await;
    let db = bakery.begin().await;
    let date = NaiveDate::from_ymd_opt(2024, 2, 29).expect("a date");
    let time = NaiveTime::from_hms_micro_opt(12, 34, 56, 789).expect("a time");
    let both = NaiveDateTime::new(date, time);
    let utc: DateTime<Utc> = both.and_utc();
    let network: IpNetwork = "192.168.7.0/24".parse().expect("a network");
    macro_rules! both {
        ($($sql:literal: $one:expr, $two:expr;)+) => { $(
            round_trip(&db, concat!("$1::", $sql), $one).await;
            round_trip(&db, concat!("$1::", $sql, "[]"), vec![$one, $two]).await;
        )+ };
    }
    both! {
        "boolean": true, false;
        "\"char\"": 7_i8, -7_i8;
        "smallint": 1_i16, i16::MIN;
        "integer": 2_i32, i32::MIN;
        "bigint": 3_i64, i64::MIN;
        "real": 1.5_f32, -0.25_f32;
        "double precision": 1.5_f64, f64::MAX;
        "numeric": Decimal::new(12_345, 3), Decimal::MIN;
        "text": "ä".to_owned(), String::new();
        "varchar": "a".to_owned(), "b".to_owned();
        "citext": "A".to_owned(), "b".to_owned();
        "bytea": vec![0_u8, 255], Vec::<u8>::new();
        "json": json!({"a": [1]}), json!(null);
        "jsonb": json!({"a": [1]}), json!("b");
        "date": date, NaiveDate::default();
        "time": time, NaiveTime::MIN;
        "timestamp": both, both;
        "timestamptz": utc, DateTime::UNIX_EPOCH;
        "uuid": Uuid::from_u128(7), Uuid::nil();
        "inet": network, "::1".parse::<IpNetwork>().expect("an address");
        "cidr": network, network;
        "mood": "glad".to_owned(), "sad".to_owned();
        "int4range": "[1,10)".to_owned(), "empty".to_owned();
        "int8range": "(,10)".to_owned(), "[3,)".to_owned();
        "numrange": "(1.5,2.25]".to_owned(), "(,)".to_owned();
        "daterange": "[2024-02-29,2024-03-01)".to_owned(), "empty".to_owned();
        "tsrange": "[\"2024-02-29 01:02:03.5\",\"2024-03-01 00:00:00\")".to_owned(), "empty".to_owned();
        "int4multirange": "{[1,3),[5,7)}".to_owned(), "{}".to_owned();
        "macaddr": "08:00:2b:01:02:03".to_owned(), "00:00:00:00:00:00".to_owned();
    }
    round_trip(&db, "$1::integer::positive", 5_i32).await;
    assert_eq!(read::<i32>(&db, "($1::positive[])[1]", vec![5_i32].into()).await, 5);
    assert_eq!(read::<u32>(&db, "$1::bigint::oid", 5_i64.into()).await, 5);
    // Each is the text that the server prints.
    for (ty, text) in [
        ("interval", "0 seconds"),
        ("interval", "1 year"),
        ("interval", "-1 year 2 months"),
        ("interval", "14 months -3 days 100 hours"),
        ("interval", "-1 day +00:00:01"),
        ("interval", "-0.000001 seconds"),
        ("interval", "2 days -01:02:03.45"),
        ("timetz", "00:00:00+00"),
        ("timetz", "23:59:59.999999-11:30"),
        ("timetz", "24:00:00+05:45:30"),
        ("tstzrange", "[2024-02-29 12:00:00+00,2024-03-01 13:00:00.25+02)"),
        ("tsmultirange", "{[2024-02-29 12:00:00,2024-03-01 13:00:00)}"),
    ] {
        let printed: String = read(&db, &format!("$1::{ty}::text"), text.into()).await;
        let own: String = read(&db, &format!("$1::{ty}"), text.into()).await;
        assert_eq!(own, printed, "{ty} {text}");
    }
    drop(db);
    bakery.close().await;
}

#[tokio::test]
async fn unsupported_types_are_named() {
    let bakery = open("types_unsupported").await;
    let db = bakery.begin().await;
    for (sql, ty) in [
        ("ROW(1, 'a')::pair", "pair"),
        ("ARRAY[ROW(1, 'a')::pair]", "_pair"),
        ("point(1, 2)", "point"),
        ("'1'::money", "money"),
    ] {
        // Twice: the second response has the type from the prepared statement.
        for _ in 0..2 {
            let text = format!("SELECT {sql} AS value");
            let statement = Statement::from_string(DbBackend::Postgres, text);
            let error = db.query_one_raw(statement).await.expect_err(sql).to_string();
            assert!(
                error.contains("has the type") && error.contains(&format!("{ty}, ")),
                "{error}"
            );
            assert!(error.contains("value::text"), "{error}");
        }
    }
    for (sql, expected) in [
        ("'NaN'::numeric", "column value of the type numeric cannot be read"),
        ("'1e100'::numeric", "column value of the type numeric cannot be read"),
        ("ARRAY[ARRAY[1], ARRAY[2]]", "several dimensions"),
    ] {
        let statement =
            Statement::from_string(DbBackend::Postgres, format!("SELECT {sql} AS value"));
        let error = db.query_one_raw(statement).await.expect_err(sql).to_string();
        assert!(error.contains(expected), "{error}");
    }
    drop(db);
    bakery.close().await;
}
