//! Access control lists (DescribeAcls, CreateAcls, DeleteAcls).

use crate::error::check;
use crate::{ClusterAdmin, Result};
use log_model::acl::{AclBinding, AclEntry, AclFilter, AclOperation, AclPermissionType, PatternType, ResourcePattern, ResourceType};
use log_wire::messages::create_acls_request::AclCreation;
use log_wire::messages::delete_acls_request::DeleteAclsFilter;
use log_wire::messages::{CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest};

impl ClusterAdmin {
    /// The ACLs that a filter means, in order.
    pub async fn describe_acls(&self, filter: &AclFilter) -> Result<Vec<AclBinding>> {
        let request = DescribeAclsRequest {
            resource_type_filter: filter.pattern.resource_type.as_i8(),
            resource_name_filter: filter.pattern.name.as_deref().map(Into::into),
            pattern_type_filter: filter.pattern.pattern_type.as_i8(),
            principal_filter: filter.entry.principal.as_deref().map(Into::into),
            host_filter: filter.entry.host.as_deref().map(Into::into),
            operation: filter.entry.operation.as_i8(),
            permission_type: filter.entry.permission.as_i8(),
        };
        let answer = self.call().ask_any(&request).await?;
        let response = answer.read()?;
        check(response.error_code, response.error_message.as_deref(), || "the ACLs were not listed".into())?;
        let mut found = Vec::new();
        for resource in &response.resources {
            let pattern = pattern(resource.resource_type, &resource.resource_name, resource.pattern_type);
            found.extend(resource.acls.iter().map(|acl| AclBinding {
                pattern: pattern.clone(),
                entry: entry(&acl.principal, &acl.host, acl.operation, acl.permission_type),
            }));
        }
        found.sort();
        Ok(found)
    }

    /// Adds ACLs; one that there is already stays. Errors: the first that was refused; the others are added.
    pub async fn create_acls(&self, bindings: &[AclBinding]) -> Result<()> {
        let creation = |binding: &AclBinding| AclCreation {
            resource_type: binding.pattern.resource_type.as_i8(),
            resource_name: binding.pattern.name.clone().into(),
            resource_pattern_type: binding.pattern.pattern_type.as_i8(),
            principal: binding.entry.principal.clone().into(),
            host: binding.entry.host.clone().into(),
            operation: binding.entry.operation.as_i8(),
            permission_type: binding.entry.permission.as_i8(),
        };
        let answer = self.call().ask_any(&CreateAclsRequest { creations: bindings.iter().map(creation).collect() }).await?;
        let response = answer.read()?;
        response.results.iter().zip(bindings).try_for_each(|(result, binding)| {
            let what = || format!("the ACL of {} was not created", binding.entry.principal);
            check(result.error_code, result.error_message.as_deref(), what)
        })
    }

    /// Deletes the ACLs that a filter means; says which those were, in order.
    pub async fn delete_acls(&self, filter: &AclFilter) -> Result<Vec<AclBinding>> {
        let filter = DeleteAclsFilter {
            resource_type_filter: filter.pattern.resource_type.as_i8(),
            resource_name_filter: filter.pattern.name.as_deref().map(Into::into),
            pattern_type_filter: filter.pattern.pattern_type.as_i8(),
            principal_filter: filter.entry.principal.as_deref().map(Into::into),
            host_filter: filter.entry.host.as_deref().map(Into::into),
            operation: filter.entry.operation.as_i8(),
            permission_type: filter.entry.permission.as_i8(),
        };
        let answer = self.call().ask_any(&DeleteAclsRequest { filters: vec![filter] }).await?;
        let response = answer.read()?;
        let mut deleted = Vec::new();
        for result in &response.filter_results {
            let what = || "the ACLs were not deleted".to_string();
            check(result.error_code, result.error_message.as_deref(), what)?;
            for acl in &result.matching_acls {
                check(acl.error_code, acl.error_message.as_deref(), what)?;
                deleted.push(AclBinding {
                    pattern: pattern(acl.resource_type, &acl.resource_name, acl.pattern_type),
                    entry: entry(&acl.principal, &acl.host, acl.operation, acl.permission_type),
                });
            }
        }
        deleted.sort();
        Ok(deleted)
    }
}

fn pattern(resource_type: i8, name: &str, pattern_type: i8) -> ResourcePattern {
    ResourcePattern {
        resource_type: ResourceType::from_i8(resource_type),
        name: name.to_string(),
        pattern_type: PatternType::from_i8(pattern_type),
    }
}

fn entry(principal: &str, host: &str, operation: i8, permission: i8) -> AclEntry {
    AclEntry {
        principal: principal.to_string(),
        host: host.to_string(),
        operation: AclOperation::from_i8(operation),
        permission: AclPermissionType::from_i8(permission),
    }
}
