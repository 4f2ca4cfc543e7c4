//! Nested transactions: savepoints.

use pg_scope::{Error, NestedTransaction, Transaction, types::Type};
use sea_orm::{
    AccessMode, ActiveModelTrait as _, ConnectionTrait, DbErr, EntityTrait as _, IsolationLevel,
    QueryOrder as _, Set, TransactionError, TransactionTrait,
};

use super::bakery::{Bakery, fruit};

async fn insert(db: &impl ConnectionTrait, name: &str) -> Result<(), DbErr> {
    let fruit = fruit::ActiveModel { name: Set(name.to_owned()), ..Default::default() };
    fruit.insert(db).await.map(drop)
}

async fn names(db: &impl ConnectionTrait) -> Vec<String> {
    let fruits = fruit::Entity::find().order_by_asc(fruit::Column::Id).all(db).await;
    fruits.expect("fruits").into_iter().map(|fruit| fruit.name).collect()
}

async fn fails(db: &impl ConnectionTrait) -> DbErr {
    db.execute_unprepared("SELECT 1 / 0").await.expect_err("a division by zero")
}

async fn nested(db: &impl TransactionTrait<Transaction = NestedTransaction>) -> NestedTransaction {
    db.begin().await.expect("a nested transaction")
}

/// Fails with [`Error::NestedTransaction`].
async fn is_refused(db: &Transaction) -> bool {
    matches!(db.query("SELECT 1", &[]).await, Err(Error::NestedTransaction(_)))
}

#[tokio::test]
async fn committed_nested_transaction_ends_with_the_outer_one() {
    let bakery = Bakery::open("nested_commit").await;
    let db = bakery.begin().await;
    // The first statement of all is one of the nested transaction.
    let one = nested(&db).await;
    insert(&one, "Apple").await.expect("a fruit");
    one.commit().await.expect("a commit");
    insert(&db, "Berry").await.expect("a fruit");
    db.commit().await.expect("a commit");
    let db = bakery.begin().await;
    assert_eq!(names(&db).await, ["Apple", "Berry"]);
    let one = nested(&db).await;
    insert(&one, "Cherry").await.expect("a fruit");
    one.commit().await.expect("a commit");
    db.rollback().await.expect("a rollback");
    assert_eq!(names(&bakery.begin().await).await, ["Apple", "Berry"]);
    bakery.close().await;
}

#[tokio::test]
async fn dropped_or_rolled_back_nested_transaction_leaves_nothing() {
    let bakery = Bakery::open("nested_rollback").await;
    let db = bakery.begin().await;
    insert(&db, "Apple").await.expect("a fruit");
    let dropped = nested(&db).await;
    insert(&dropped, "Berry").await.expect("a fruit");
    drop(dropped);
    assert_eq!(names(&db).await, ["Apple"]);
    let rolled_back = nested(&db).await;
    insert(&rolled_back, "Cherry").await.expect("a fruit");
    rolled_back.rollback().await.expect("a rollback");
    assert_eq!(names(&db).await, ["Apple"]);
    // Dropped inside one that is committed, and right before the commit of the outer one.
    let outer = nested(&db).await;
    insert(&outer, "Date").await.expect("a fruit");
    let inner = nested(&outer).await;
    insert(&inner, "Elder").await.expect("a fruit");
    drop(inner);
    outer.commit().await.expect("a commit");
    let last = nested(&db).await;
    insert(&last, "Fig").await.expect("a fruit");
    drop(last);
    db.commit().await.expect("a commit");
    assert_eq!(names(&bakery.begin().await).await, ["Apple", "Date"]);
    bakery.close().await;
}

#[tokio::test]
async fn failed_nested_transaction_leaves_the_outer_one_usable() {
    let bakery = Bakery::open("nested_failure").await;
    for begins_with_a_statement in [true, false] {
        let db = bakery.begin().await;
        if begins_with_a_statement {
            assert!(names(&db).await.is_empty());
        }
        let failed = nested(&db).await;
        fails(&failed).await;
        let error = failed.commit().await.expect_err("an error");
        assert!(matches!(error, Error::RolledBack), "{error}");
        let failed = nested(&db).await;
        fails(&failed).await;
        failed.rollback().await.expect("a rollback");
        let failed = nested(&db).await;
        insert(&failed, "Apple").await.expect("a fruit");
        fails(&failed).await;
        drop(failed);
        assert!(names(&db).await.is_empty());
        db.commit().await.expect("a commit");
    }
    // A nested transaction cannot repair a failure of the outer one.
    let db = bakery.begin().await;
    assert!(names(&db).await.is_empty());
    fails(&db).await;
    let late = nested(&db).await;
    insert(&late, "Berry").await.expect_err("an error");
    assert!(matches!(late.commit().await, Err(Error::RolledBack)));
    assert!(matches!(db.commit().await, Err(Error::RolledBack)));
    bakery.close().await;
}

#[tokio::test]
async fn outer_transaction_waits_for_the_nested_one() {
    let bakery = Bakery::open("nested_order").await;
    let db = bakery.begin().await;
    insert(&db, "Apple").await.expect("a fruit");
    let one = nested(&db).await;
    let two = nested(&one).await;
    assert!(is_refused(&db).await);
    assert!(matches!(one.query("SELECT 1", &[]).await, Err(Error::NestedTransaction(_))));
    assert!(matches!(db.begin_nested(), Err(Error::NestedTransaction(_))));
    insert(&two, "Berry").await.expect("a fruit");
    assert!(matches!(one.commit().await, Err(Error::NestedTransaction(_))));
    // The nested one that held it is gone, and with it everything inside.
    assert!(matches!(two.query("SELECT 1", &[]).await, Err(Error::TransactionEnded)));
    assert_eq!(names(&db).await, ["Apple"]);
    let three = nested(&db).await;
    insert(&three, "Cherry").await.expect("a fruit");
    assert!(matches!(two.query("SELECT 1", &[]).await, Err(Error::TransactionEnded)));
    // A commit with an open nested transaction rolls back.
    assert!(matches!(db.commit().await, Err(Error::NestedTransaction(_))));
    assert!(matches!(three.query("SELECT 1", &[]).await, Err(Error::TransactionEnded)));
    assert!(matches!(three.commit().await, Err(Error::TransactionEnded)));
    assert!(names(&bakery.begin().await).await.is_empty());
    let ending = bakery.begin().await.ending();
    assert!(matches!(ending.begin_nested(), Err(Error::NestedTransaction(_))));
    drop(ending);
    bakery.close().await;
}

#[tokio::test]
async fn closure_commits_or_rolls_back() {
    let bakery = Bakery::open("nested_closure").await;
    let db = bakery.begin().await;
    let kept = db.transaction::<_, _, DbErr>(|nested| {
        Box::pin(async move {
            insert(nested, "Apple").await?;
            Ok(7)
        })
    });
    assert_eq!(kept.await.expect("a value"), 7);
    let undone = db.transaction::<_, (), DbErr>(|nested| {
        Box::pin(async move {
            insert(nested, "Berry").await?;
            Err(DbErr::Custom("no".to_owned()))
        })
    });
    assert!(matches!(undone.await, Err(TransactionError::Transaction(DbErr::Custom(_)))));
    assert_eq!(names(&db).await, ["Apple"]);
    drop(db);
    bakery.close().await;
}

#[tokio::test]
async fn nested_transaction_keeps_its_access_and_the_scope() {
    let bakery = Bakery::open("nested_access").await;
    let db = bakery.begin().await;
    let reading = db.begin_with_config(None, Some(AccessMode::ReadOnly)).await.expect("nested");
    assert!(names(&reading).await.is_empty());
    insert(&reading, "Apple").await.expect_err("a read-only transaction");
    drop(reading);
    insert(&db, "Berry").await.expect("a fruit");
    let isolated = db.begin_with_config(Some(IsolationLevel::Serializable), None).await;
    insert(&isolated.expect("nested"), "Cherry").await.expect_err("the level is the outer one's");
    let nested = nested(&db).await;
    let user = nested.query("SELECT current_setting($1)", &[(&"app.user", Type::TEXT)]).await;
    assert_eq!(user.expect("rows").decode::<(String,)>().expect("a user"), [("baker".to_owned(),)]);
    nested.commit().await.expect("a commit");
    assert_eq!(names(&db).await, ["Berry"]);
    drop(db);
    bakery.close().await;
}
