//! Compares everything that every tenant sees with what the model says.

use std::collections::BTreeSet;

use purser_tests::Answer;
use serde_json::{Value, json};

use super::model::{ContainerAt, Effective, TenantAt};
use super::play::Play;

impl Play<'_> {
    /// Compares the whole graph.
    pub(super) async fn check(&mut self) {
        for tenant in 0..self.tenants.len() {
            self.check_containers(tenant).await;
            self.check_profiles(tenant).await;
            self.check_connector(tenant).await;
        }
        self.count("checks");
    }

    fn is_seen(&self, tenant: TenantAt) -> impl Fn(&ContainerAt) -> bool {
        move |container| self.model.sees_container(tenant, *container)
    }

    async fn check_containers(&mut self, tenant: TenantAt) {
        let document = "query($ids: [ID!]!) {
            containers(first: 100) { nodes { id permissions isOwner } } nodes(ids: $ids) { id } }";
        let answer = self.tenants[tenant].query(document, json!({ "ids": self.containers })).await;
        let listed = answer.data("containers.nodes").as_array().expect("a list");
        let shown: BTreeSet<(String, BTreeSet<String>, bool)> = listed.iter().map(described).collect();
        let all = 0..self.containers.len();
        let expected: BTreeSet<(String, BTreeSet<String>, bool)> = all
            .clone()
            .filter(self.is_seen(tenant))
            .map(|at| {
                let permissions = self.model.permissions(tenant, at);
                let permissions = permissions.into_iter().map(str::to_owned).collect();
                (self.containers[at].clone(), permissions, self.model.containers[at].owner == tenant)
            })
            .collect();
        assert_eq!(shown, expected, "containers of {tenant}: {}", self.story);
        assert_eq!(listed.len(), expected.len(), "none twice: {}", self.story);
        let expected: Vec<Value> =
            all.map(|at| {
                if self.is_seen(tenant)(&at) { json!({ "id": self.containers[at] }) } else { Value::Null }
            })
            .collect();
        assert_eq!(answer.data("nodes"), &json!(expected), "nodes of {tenant}: {}", self.story);
        if !shown.is_empty() {
            self.count("containers shown");
        }
        if shown.len() < self.containers.len() {
            self.count("containers hidden");
        }
    }

    async fn check_profiles(&mut self, tenant: TenantAt) {
        let document = "query($ids: [ID!]!) { profiles(first: 100) { nodes { id } totalCount } nodes(ids: $ids) { id } }";
        let ids: Vec<&String> = self.profiles.iter().map(|(id, _)| id).collect();
        let answer = self.tenants[tenant].query(document, json!({ "ids": ids })).await;
        let sees: Vec<bool> =
            self.model.profiles.iter().map(|profile| self.model.sees_profile(tenant, profile)).collect();
        let seen: BTreeSet<&str> =
            ids.iter().zip(&sees).filter(|(_, sees)| **sees).map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids_of(&answer, "profiles.nodes"), seen, "profiles of {tenant}: {}", self.story);
        assert_eq!(answer.data("profiles.totalCount"), &json!(seen.len()), "{}", self.story);
        let expected: Vec<Value> = ids
            .iter()
            .zip(&sees)
            .map(|(id, sees)| if *sees { json!({ "id": id }) } else { Value::Null })
            .collect();
        assert_eq!(answer.data("nodes"), &json!(expected), "profiles of {tenant} as nodes: {}", self.story);
        let (shown, hidden) = (seen.len(), ids.len() - seen.len());
        for _ in 0..shown {
            self.count("profiles shown");
        }
        for _ in 0..hidden {
            self.count("profiles hidden");
        }
    }

    /// Each tenant has one connector, at its own position; nobody else's answers.
    async fn check_connector(&mut self, tenant: TenantAt) {
        let document = "query($own: ID!, $other: ID!) {
            own: effectiveContainer(connectorId: $own) { container { id } via deniedBecause }
            other: effectiveContainer(connectorId: $other) { via } }";
        let other = (tenant + 1) % self.connectors.len();
        let variables = json!({ "own": self.connectors[tenant], "other": self.connectors[other] });
        let answer = self.tenants[tenant].query(document, variables).await;
        let Effective { container, via, denied_because } = self.model.effective(tenant);
        let container = container.map(|at| json!({ "id": self.containers[at] }));
        let expected = json!({ "container": container, "via": via, "deniedBecause": denied_because });
        assert_eq!(answer.data("own"), &expected, "connector of {tenant}: {}", self.story);
        assert_eq!(answer.data("other"), &Value::Null, "connector of another: {}", self.story);
        self.count(denied_because.unwrap_or("usable"));
    }
}

fn described(container: &Value) -> (String, BTreeSet<String>, bool) {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let permissions = container["permissions"].as_array().expect("a list").iter().map(text).collect();
    (text(&container["id"]), permissions, container["isOwner"] == json!(true))
}

fn ids_of<'a>(answer: &'a Answer, path: &str) -> BTreeSet<&'a str> {
    let nodes = answer.data(path).as_array().expect("a list");
    nodes.iter().map(|node| node["id"].as_str().expect("an id")).collect()
}
