//! Entities, relations, loaders, pages, custom selects and streams.

use futures_util::TryStreamExt as _;
use pg_scope::Transaction;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DbBackend, EntityTrait as _, FromQueryResult,
    IntoActiveModel as _, JsonValue, LoaderTrait as _, ModelTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Set, Statement,
    StreamTrait as _, sea_query::Expr,
};
use serde_json::json;

use super::bakery::{Bakery, Size, cake, cake_filling, filling, fruit};

async fn insert_cake(db: &Transaction, name: &str, size: Size) -> cake::Model {
    let cake = cake::ActiveModel {
        name: Set(name.to_owned()),
        size: Set(size),
        tags: Set(vec!["sweet".to_owned(), name.to_lowercase()]),
        extra: Set(json!({"layers": 3})),
        ..Default::default()
    };
    cake.insert(db).await.expect("a cake")
}

async fn insert_fruit(db: &Transaction, name: &str, cake_id: Option<i32>) -> fruit::Model {
    let name = Set(name.to_owned());
    let fruit = fruit::ActiveModel { name, cake_id: Set(cake_id), ..Default::default() };
    fruit.insert(db).await.expect("a fruit")
}

#[tokio::test]
async fn entity_with_enum_array_and_json_is_written_and_read() {
    let bakery = Bakery::open("sea_orm_entity").await;
    let db = bakery.begin().await;
    // INSERT … RETURNING
    let cake = insert_cake(&db, "Cheese", Size::Small).await;
    assert_eq!(
        (cake.size, &*cake.tags),
        (Size::Small, &["sweet".to_owned(), "cheese".to_owned()][..])
    );
    assert_eq!(cake.extra, json!({"layers": 3}));
    assert_eq!(cake::Entity::find_by_id(cake.id).one(&db).await.expect("rows"), Some(cake.clone()));

    let mut changed = cake.clone().into_active_model();
    changed.size = Set(Size::Large);
    changed.tags = Set(Vec::new());
    let changed = changed.update(&db).await.expect("a cake");
    assert_eq!((changed.size, changed.tags.len()), (Size::Large, 0));

    // UPDATE … RETURNING
    let renamed = cake::Entity::update_many()
        .col_expr(cake::Column::Name, Expr::value("Cream"))
        .filter(cake::Column::Size.eq(Size::Large))
        .exec_with_returning(&db)
        .await
        .expect("cakes");
    assert_eq!(renamed.len(), 1);
    assert_eq!(renamed[0].name, "Cream");

    let saved = cake::ActiveModel { name: Set("Saved".to_owned()), ..renamed[0].clone().into() };
    saved.save(&db).await.expect("a saved cake");
    let deleted = renamed[0].clone().delete(&db).await.expect("a deletion");
    assert_eq!(deleted.rows_affected, 1);
    assert_eq!(cake::Entity::find().count(&db).await.expect("a count"), 0);

    let many = (0..5).map(|number| fruit::ActiveModel {
        name: Set(format!("Fruit {number}")),
        ..Default::default()
    });
    fruit::Entity::insert_many(many).exec(&db).await.expect("fruits");
    db.commit().await.expect("a commit");
    let db = bakery.begin().await.ending();
    assert_eq!(fruit::Entity::find().count(&db).await.expect("a count"), 5);
    bakery.close().await;
}

#[tokio::test]
async fn relations_and_loaders_find_related_rows() {
    let bakery = Bakery::open("sea_orm_relations").await;
    let db = bakery.begin().await;
    let cheese = insert_cake(&db, "Cheese", Size::Small).await;
    let plain = insert_cake(&db, "Plain", Size::Large).await;
    let berry = insert_fruit(&db, "Berry", Some(cheese.id)).await;
    let apple = insert_fruit(&db, "Apple", None).await;
    let cream = filling::ActiveModel { name: Set("Cream".to_owned()), ..Default::default() };
    let cream = cream.insert(&db).await.expect("a filling");
    let link = cake_filling::ActiveModel { cake_id: Set(cheese.id), filling_id: Set(cream.id) };
    link.insert(&db).await.expect("a link");

    let lazy = cheese.find_related(fruit::Entity).all(&db).await.expect("fruits");
    assert_eq!(lazy, std::slice::from_ref(&berry));
    let one_to_one = fruit::Entity::find().order_by_id_asc().find_also_related(cake::Entity);
    let one_to_one = one_to_one.all(&db).await.expect("fruits");
    assert_eq!(one_to_one, [(berry.clone(), Some(cheese.clone())), (apple.clone(), None)]);
    let one_to_many = cake::Entity::find().order_by_id_asc().find_with_related(fruit::Entity);
    let one_to_many = one_to_many.all(&db).await.expect("cakes");
    assert_eq!(one_to_many, [(cheese.clone(), vec![berry.clone()]), (plain.clone(), vec![])]);
    let many_to_many = cheese.find_related(filling::Entity).all(&db).await.expect("fillings");
    assert_eq!(many_to_many, std::slice::from_ref(&cream));

    let cakes = vec![cheese.clone(), plain.clone()];
    let fruits = cakes.load_many(fruit::Entity, &db).await.expect("fruits");
    assert_eq!(fruits, [vec![berry.clone()], vec![]]);
    let fillings = cakes.load_many_to_many(filling::Entity, cake_filling::Entity, &db).await;
    assert_eq!(fillings.expect("fillings"), [vec![cream], vec![]]);
    let parents = vec![berry, apple].load_one(cake::Entity, &db).await.expect("cakes");
    assert_eq!(parents, [Some(cheese), None]);
    drop(db);
    bakery.close().await;
}

#[tokio::test]
async fn paginator_counts_and_reads_pages() {
    let bakery = Bakery::open("sea_orm_pages").await;
    let db = bakery.begin().await;
    for number in 0..7 {
        insert_fruit(&db, &format!("Fruit {number}"), None).await;
    }
    let pages = fruit::Entity::find().order_by_asc(fruit::Column::Id).paginate(&db, 3);
    let numbers = pages.num_items_and_pages().await.expect("numbers");
    assert_eq!((numbers.number_of_items, numbers.number_of_pages), (7, 3));
    let last = pages.fetch_page(2).await.expect("a page");
    assert_eq!(last.len(), 1);
    assert_eq!(last[0].name, "Fruit 6");
    let mut pages = pages.into_stream();
    let mut found = 0;
    while let Some(page) = pages.try_next().await.expect("a page") {
        found += page.len();
    }
    assert_eq!(found, 7);
    drop(pages);

    let mut cursor = fruit::Entity::find().cursor_by(fruit::Column::Name);
    let after = cursor.after("Fruit 3").first(2).all(&db).await.expect("fruits");
    assert_eq!(after.iter().map(|fruit| &*fruit.name).collect::<Vec<_>>(), ["Fruit 4", "Fruit 5"]);
    drop(db);
    bakery.close().await;
}

#[derive(Debug, PartialEq, FromQueryResult)]
struct NameAndCount {
    name: String,
    fruits: i64,
}

#[tokio::test]
async fn custom_selects_read_models_json_and_tuples() {
    let bakery = Bakery::open("sea_orm_selects").await;
    let db = bakery.begin().await;
    let cheese = insert_cake(&db, "Cheese", Size::Small).await;
    insert_fruit(&db, "Berry", Some(cheese.id)).await;
    insert_fruit(&db, "Cherry", Some(cheese.id)).await;

    // The second column comes before the first by its name.
    let select = cake::Entity::find()
        .select_only()
        .column(cake::Column::Name)
        .column_as(fruit::Column::Id.count(), "fruits")
        .left_join(fruit::Entity)
        .group_by(cake::Column::Name);
    let expected = NameAndCount { name: "Cheese".to_owned(), fruits: 2 };
    let models = select.clone().into_model::<NameAndCount>().all(&db).await.expect("models");
    assert_eq!(models, [expected]);
    let rows = select.clone().into_json().all(&db).await.expect("rows");
    assert_eq!(rows, [json!({"name": "Cheese", "fruits": 2})]);
    let raw = Statement::from_sql_and_values(
        DbBackend::Postgres,
        r#"SELECT "name", 2::bigint AS "fruits" FROM "cake" WHERE "id" = $1"#,
        [cheese.id.into()],
    );
    let model = NameAndCount::find_by_statement(raw.clone()).one(&db).await.expect("a model");
    assert_eq!(model.map(|model| model.fruits), Some(2));
    let json = JsonValue::find_by_statement(raw).one(&db).await.expect("a row");
    assert_eq!(json, Some(json!({"name": "Cheese", "fruits": 2})));

    let statement = select.build(DbBackend::Postgres);
    let tuples: Vec<(String, i64)> = db.select_as(statement.clone()).await.expect("tuples");
    assert_eq!(tuples, [("Cheese".to_owned(), 2)]);
    let error = db.select_as::<(i64, String)>(statement.clone()).await.expect_err("an error");
    assert!(error.to_string().contains("column name has the type text"), "{error}");
    let error = db.select_as::<(String,)>(statement).await.expect_err("an error");
    assert!(error.to_string().contains("2 columns, not 1"), "{error}");
    drop(db);
    bakery.close().await;
}

#[tokio::test]
async fn stream_returns_every_row() {
    let bakery = Bakery::open("sea_orm_stream").await;
    let db = bakery.begin().await;
    for number in 0..3 {
        insert_fruit(&db, &format!("Fruit {number}"), None).await;
    }
    let select = fruit::Entity::find().order_by_asc(fruit::Column::Id);
    let fruits: Vec<_> =
        select.clone().stream(&db).await.expect("a stream").try_collect().await.expect("fruits");
    assert_eq!(fruits.len(), 3);
    let rows = db.stream(&select.into_query()).await.expect("a stream");
    let rows: Vec<_> = rows.try_collect().await.expect("rows");
    assert_eq!(rows[2].try_get::<String>("", "name").expect("a name"), "Fruit 2");
    drop(db);
    bakery.close().await;
}
