//! Variables. The key follows from the name, so that there is one of a name.

use domain::access::Tenant;
use domain::failure::Failure;
use domain::interviews::variable::{Variable, VariableId};

use crate::Store;
use crate::item::{self, Reader, TYPE, Unreadable, b, corrupt, s};
use crate::keys;
use crate::meter::{Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition};

const TAG: &str = "variable.1";
const WHAT: &str = "variable";

const UPDATED: &str = "updated_at";
const PACKED: &str = "p";

impl Store {
    /// The tenant's variables, by name.
    pub async fn variables(&self, tenant: &Tenant) -> Result<Vec<Variable>, Failure> {
        let items = self.partition_items(keys::variables(tenant), None, Purpose::Interviews).await?;
        let variables: Result<Vec<Variable>, Failure> =
            items.iter().map(|item| parse(item).map_err(corrupt(WHAT))).collect();
        let mut variables = variables?;
        variables.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(variables)
    }

    /// The variable of that id, read consistently.
    pub async fn variable(&self, tenant: &Tenant, id: &VariableId) -> Result<Option<Variable>, Failure> {
        let item = self.item(keys::variable(tenant, id), Purpose::Interviews).await?;
        item.map(|item| parse(&item).map_err(corrupt(WHAT))).transpose()
    }

    /// Stores a new variable; `false` when there is one of that name.
    pub async fn create_variable(&self, tenant: &Tenant, variable: &Variable) -> Result<bool, Failure> {
        let item = print(tenant, variable)?;
        self.meter().wrote(Purpose::Interviews, write_units(item_size(&item)));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        Ok(condition(request.condition_expression("attribute_not_exists(PK)").send().await)?.is_ok())
    }

    /// Replaces a variable as it was read; `Conflict` when it was changed since.
    pub async fn update_variable(&self, tenant: &Tenant, before: &Variable, after: &Variable) -> Result<(), Failure> {
        let item = print(tenant, after)?;
        self.meter().wrote(Purpose::Interviews, write_units(item_size(&item)));
        let request = self
            .client()
            .put_item()
            .table_name(self.main())
            .set_item(Some(item))
            .condition_expression(format!("{UPDATED} = :before"))
            .expression_attribute_values(":before", s(before.updated_at.to_string()));
        condition(request.send().await)?.map(|_| ()).map_err(|_| Failure::Conflict { what: WHAT })
    }

    /// Deletes a variable; whether it was there.
    pub async fn delete_variable(&self, tenant: &Tenant, id: &VariableId) -> Result<bool, Failure> {
        self.meter().wrote(Purpose::Interviews, 1);
        let key = item::key(&keys::variable(tenant, id));
        let request = self.client().delete_item().table_name(self.main()).set_key(Some(key));
        Ok(condition(request.condition_expression("attribute_exists(PK)").send().await)?.is_ok())
    }
}

fn print(tenant: &Tenant, variable: &Variable) -> Result<Attributes, Failure> {
    let mut item = item::key(&keys::variable(tenant, &variable.id()));
    item.insert(TYPE.to_owned(), s(TAG));
    item.insert(UPDATED.to_owned(), s(variable.updated_at.to_string()));
    item.insert(PACKED.to_owned(), b(item::packed(variable).map_err(corrupt(WHAT))?));
    Ok(item)
}

fn parse(item: &Attributes) -> Result<Variable, Unreadable> {
    Reader::new(item, TAG)?.packed(PACKED)
}
