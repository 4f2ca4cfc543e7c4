//! Types that are not PostgreSQL's own: enums, domains and those of extensions. Each is looked up once a pool.

use std::sync::{Arc, Mutex, PoisonError};

use hashlink::{LinkedHashMap, LruCache};
use tokio_postgres::types::{Kind, Oid, Type};

use super::{Connection, exchange::Request};
use crate::{
    batch::{Column, FromRow as _, QueryResult, Row, Statement},
    error::Error,
};

/// How many types a pool keeps.
const TYPES: usize = 1_000;

/// A schema that no type has: the type was not looked up.
const UNRESOLVED: &str = "pg_scope unresolved OID";

/// The types that a pool has looked up.
pub(crate) struct TypeCache(Mutex<LruCache<Oid, Type>>);

impl std::fmt::Debug for TypeCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TypeCache({} types)", self.lock().len())
    }
}

impl Default for TypeCache {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(TYPES)))
    }
}

impl TypeCache {
    /// The type, or one that stands for it until it is looked up.
    pub fn get(&self, oid: Oid) -> Type {
        let known = Type::from_oid(oid).or_else(|| self.lock().get(&oid).cloned());
        known
            .unwrap_or_else(|| Type::new(oid.to_string(), oid, Kind::Simple, UNRESOLVED.to_owned()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<Oid, Type>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_unresolved(column: &Column) -> bool {
    column.ty.schema() == UNRESOLVED
}

/// The types with these OIDs, and those that they consist of.
const QUERY: &str = "
WITH RECURSIVE types AS (
    SELECT pg_catalog.unnest($1::pg_catalog.oid[]) AS oid
    UNION
    SELECT part FROM types
        JOIN pg_catalog.pg_type t USING (oid)
        LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
        LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid = t.oid
        CROSS JOIN LATERAL (VALUES (CASE t.typcategory WHEN 'A' THEN t.typelem END),
            (t.typbasetype), (r.rngsubtype), (m.rngsubtype)) AS parts (part)
    WHERE part <> 0
)
SELECT t.oid, t.typname::text, n.nspname::text, t.typtype,
    CASE t.typcategory WHEN 'A' THEN t.typelem ELSE 0 END,
    coalesce(r.rngsubtype, m.rngsubtype, t.typbasetype),
    ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e
        WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM types
    JOIN pg_catalog.pg_type t USING (oid)
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
    LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid = t.oid";

/// OID, name, schema, `typtype`, the element of an array, the part of a range or a domain, the labels of an enum.
type Described = (Oid, String, String, i8, Oid, Oid, Vec<String>);

/// Types as the system catalogs describe them.
struct Catalog(LinkedHashMap<Oid, Described>);

impl Catalog {
    /// Composite types and base types of extensions are known by name only.
    fn read(&self, oid: Oid) -> Option<Type> {
        if let Some(ty) = Type::from_oid(oid) {
            return Some(ty);
        }
        let (_, name, schema, typtype, element, part, labels) = self.0.get(&oid)?;
        let kind = match typtype.to_be_bytes() {
            [b'e'] => Kind::Enum(labels.clone()),
            [b'd'] => Kind::Domain(self.read(*part)?),
            [b'r'] => Kind::Range(self.read(*part)?),
            [b'm'] => Kind::Multirange(self.read(*part)?),
            _ if *element != 0 => Kind::Array(self.read(*element)?),
            _ => Kind::Simple,
        };
        Some(Type::new(name.clone(), oid, kind, schema.clone()))
    }
}

impl Connection {
    /// Looks up the types of a result that are not known yet, which is a second round trip.
    pub(super) async fn resolve_types(&mut self, sql: &str, result: &mut QueryResult) {
        let Some(first) = result.rows.first() else { return };
        let unresolved = first.columns.iter().filter(|column| is_unresolved(column));
        let oids: Vec<_> = unresolved.map(|column| column.ty.oid()).collect();
        if oids.is_empty() {
            return;
        }
        if let Err(error) = self.look_up(&oids).await {
            tracing::warn!(%error, "the types of a result could not be looked up");
        }
        let column = |column: &Column| Column {
            name: column.name.clone(),
            ty: self.types.get(column.ty.oid()),
        };
        let columns: Arc<[Column]> = first.columns.iter().map(column).collect();
        if let Some(prepared) = self.statements.as_mut().and_then(|known| known.peek_mut(sql)) {
            prepared.columns = Arc::clone(&columns);
        }
        for Row { columns: unresolved, .. } in &mut result.rows {
            *unresolved = Arc::clone(&columns);
        }
    }

    async fn look_up(&mut self, oids: &[Oid]) -> Result<(), Error> {
        let statement = Statement::with_parameters(QUERY, &[(&oids, Type::OID_ARRAY)])?;
        let result = self.exchange(&Request::one(&statement), super::pending()).await?;
        let described = result.rows.iter().map(|row| {
            let described = Described::from_row(row)?;
            Ok((described.0, described))
        });
        let catalog = Catalog(described.collect::<Result<_, Error>>()?);
        let mut types = self.types.lock();
        for oid in oids {
            if let Some(ty) = catalog.read(*oid) {
                types.insert(*oid, ty);
            }
        }
        Ok(())
    }
}
