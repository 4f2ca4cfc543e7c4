//! The tables of SeaORM's documentation: cakes, their fruits and their fillings.

use std::env;

use pg_scope::{Options, Pool, Transaction};

use crate::write_as;

pub mod cake {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "cake")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
        pub size: super::Size,
        pub tags: Vec<String>,
        pub extra: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::fruit::Entity")]
        Fruit,
    }

    impl Related<super::fruit::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Fruit.def()
        }
    }

    impl Related<super::filling::Entity> for Entity {
        fn to() -> RelationDef {
            super::cake_filling::Relation::Filling.def()
        }

        fn via() -> Option<RelationDef> {
            Some(super::cake_filling::Relation::Cake.def().rev())
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod fruit {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "fruit")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
        pub cake_id: Option<i32>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::cake::Entity",
            from = "Column::CakeId",
            to = "super::cake::Column::Id"
        )]
        Cake,
    }

    impl Related<super::cake::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Cake.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod filling {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "filling")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl Related<super::cake::Entity> for Entity {
        fn to() -> RelationDef {
            super::cake_filling::Relation::Cake.def()
        }

        fn via() -> Option<RelationDef> {
            Some(super::cake_filling::Relation::Filling.def().rev())
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod cake_filling {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "cake_filling")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub cake_id: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub filling_id: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::cake::Entity",
            from = "Column::CakeId",
            to = "super::cake::Column::Id"
        )]
        Cake,
        #[sea_orm(
            belongs_to = "super::filling::Entity",
            from = "Column::FillingId",
            to = "super::filling::Column::Id"
        )]
        Filling,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Enum", enum_name = "size")]
pub enum Size {
    #[sea_orm(string_value = "small")]
    Small,
    #[sea_orm(string_value = "large")]
    Large,
}

const TABLES: [&str; 5] = [
    "CREATE TYPE size AS ENUM ('small', 'large')",
    "CREATE TABLE cake (id serial PRIMARY KEY, name text NOT NULL, size size NOT NULL,
        tags text[] NOT NULL, extra jsonb NOT NULL)",
    "CREATE TABLE fruit (id serial PRIMARY KEY, name text NOT NULL, cake_id integer REFERENCES cake)",
    "CREATE TABLE filling (id serial PRIMARY KEY, name text NOT NULL)",
    "CREATE TABLE cake_filling (cake_id integer REFERENCES cake,
        filling_id integer REFERENCES filling, PRIMARY KEY (cake_id, filling_id))",
];

/// A schema of one test. It is dropped by [`close`](Self::close).
pub struct Bakery {
    pool: Pool,
    schema: String,
}

impl Bakery {
    /// With the tables, and without rows.
    pub async fn open(name: &str) -> Self {
        let bakery = Self::empty(name).await;
        for table in TABLES {
            bakery.run(table).await;
        }
        bakery
    }

    /// Without tables.
    pub async fn empty(name: &str) -> Self {
        let url = env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL");
        let separator = if url.contains('?') { '&' } else { '?' };
        let schema = format!("{name}_{}", std::process::id());
        let url = format!("{url}{separator}options=-csearch_path%3D{schema},public");
        let pool = Pool::new(Options::from_url(&url).expect("a URL").max_connections(2));
        let bakery = Self { pool, schema };
        bakery.run(&format!("CREATE SCHEMA {}", bakery.schema)).await;
        bakery
    }

    pub async fn begin(&self) -> Transaction {
        self.pool.begin(write_as("baker")).await.expect("a connection")
    }

    /// A transaction of one statement.
    pub async fn run(&self, sql: &str) {
        self.begin().await.ending().query(sql, &[]).await.expect(sql);
    }

    pub async fn close(self) {
        self.run(&format!("DROP SCHEMA {} CASCADE", self.schema)).await;
    }
}
