//! Plays random decisions of random tenants against the server and the model alike.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use purser_tests::{Dice, Tenant, World};
use serde_json::json;

use super::model::{
    Connector, Container, ContainerAt, Model, OptOut, PERMISSIONS, Permissions, Profile, Share, Status,
    TenantAt,
};

const HOUR: Duration = Duration::from_secs(3_600);
const DEPTH_MAX: usize = 4;

/// One tree with all that happens in it.
pub(super) struct Play<'w> {
    pub(super) world: &'w World,
    pub(super) model: Model,
    pub(super) tenants: Vec<Tenant<'w>>,
    pub(super) containers: Vec<String>,
    pub(super) connectors: Vec<String>,
    /// Id and guid of each profile.
    pub(super) profiles: Vec<(String, String)>,
    shares: Vec<String>,
    opt_outs: Vec<String>,
    dice: Dice,
    /// What was decided so far, for whoever has to understand a failure.
    pub(super) story: String,
    /// How often each thing happened, to see that the test is not empty.
    pub(super) seen: BTreeMap<&'static str, usize>,
}

impl<'w> Play<'w> {
    pub(super) async fn begin(world: &'w World, mut dice: Dice, seed: u64, count: usize) -> Self {
        let root = world.root_tenant(&format!("root-{seed}")).await;
        let mut model = Model { parents: vec![0], ..Model::default() };
        let mut tenants = vec![root];
        while tenants.len() < count {
            let parent = dice.below(tenants.len());
            if model.depth(parent) < DEPTH_MAX {
                let slug = format!("t{}-{seed}", tenants.len());
                tenants.push(tenants[parent].child(&slug).await);
                model.parents.push(parent);
            }
        }
        model.defaults = vec![None; count];
        let mut play = Self {
            world,
            model,
            tenants,
            containers: Vec::new(),
            connectors: Vec::new(),
            profiles: Vec::new(),
            shares: Vec::new(),
            opt_outs: Vec::new(),
            dice,
            story: format!("seed {seed}\n"),
            seen: BTreeMap::new(),
        };
        play.story += &format!("parents {:?}\n", play.model.parents);
        play.furnish().await;
        play
    }

    /// Some tenants own containers, and each has a connector.
    async fn furnish(&mut self) {
        for tenant in 0..self.tenants.len() {
            if tenant == 0 || self.dice.chance(25) {
                let name = self.world.unique("container");
                self.containers.push(self.tenants[tenant].container(&name).await);
                self.model.containers.push(Container { owner: tenant, status: Status::Active });
                let _ = writeln!(self.story, "container {}: owner {tenant}", self.containers.len() - 1);
            }
            let ignores_default = self.dice.chance(20);
            let account = format!("{}-c", self.tenants[tenant].slug);
            let input = json!({ "pluginId": "sandbox", "name": "c", "ignoresTenantDefault": ignores_default,
                "settings": { "processor": "northbank", "account": account, "api_key": "sbx_key" } });
            let made =
                self.tenants[tenant].done("createConnector", input, "connector { id }", "connector.id");
            self.connectors.push(made.await);
            self.model.connectors.push(Connector { tenant, ignores_default, bound: None });
        }
    }

    /// One random decision.
    pub(super) async fn step(&mut self) {
        match self.dice.below(100) {
            0..28 => self.share().await,
            28..34 => self.revoke().await,
            34..41 => self.opt_out().await,
            41..47 => self.opt_in().await,
            47..53 => self.change_status().await,
            53..69 => self.bind().await,
            69..72 => self.unbind().await,
            72..75 => self.let_time_pass(),
            75..88 => self.create_profile().await,
            _ => self.present_guid().await,
        }
    }

    /// A decision to share, with which every play begins: nothing is worth watching without.
    pub(super) async fn opening(&mut self) {
        self.share().await;
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn tell(&mut self, what: impl std::fmt::Display) {
        let _ = writeln!(self.story, "{what}");
    }

    fn any_tenant(&mut self) -> TenantAt {
        self.dice.below(self.tenants.len())
    }

    fn any_container(&mut self) -> ContainerAt {
        self.dice.below(self.containers.len())
    }

    /// Any tenant and container; mostly two of which something holds, since most pairs have nothing to do
    /// with each other and their refusals are all alike.
    fn pair(&mut self, holds: impl Fn(&Model, TenantAt, ContainerAt) -> bool) -> (TenantAt, ContainerAt) {
        let tenants = 0..self.tenants.len();
        let all =
            tenants.flat_map(|tenant| (0..self.containers.len()).map(move |container| (tenant, container)));
        let fitting: Vec<(TenantAt, ContainerAt)> =
            all.filter(|(tenant, container)| holds(&self.model, *tenant, *container)).collect();
        if fitting.is_empty() || self.dice.chance(30) {
            return (self.any_tenant(), self.any_container());
        }
        *self.dice.one_of(&fitting)
    }

    async fn share(&mut self) {
        let (container, grantee) = (self.any_container(), self.any_tenant());
        let owner = self.model.containers[container].owner;
        let mut permissions: Permissions =
            PERMISSIONS.iter().copied().filter(|_| self.dice.chance(55)).collect();
        permissions.insert(*self.dice.one_of(&["READ_PROFILE", "USE_INSTRUMENT"]));
        let include_descendants = self.dice.chance(40);
        let expires_in = self.dice.chance(30).then(|| 1 + self.dice.below(3));
        let expires_in = expires_in.map(|hours| u64::try_from(hours).expect("three at most"));
        let is_to_itself = owner == grantee;
        let is_refused =
            is_to_itself && (include_descendants || permissions != Permissions::from(["USE_INSTRUMENT"]));
        let hours = |count: u64| HOUR * u32::try_from(count).expect("three at most");
        let input = json!({ "containerId": self.containers[container],
            "granteeTenantId": self.tenants[grantee].id, "includeDescendants": include_descendants,
            "permissions": permissions, "expiresAt": expires_in.map(|count| self.world.in_future(hours(count))) });
        let answer = self.tenants[owner].mutate("shareContainer", input, "share { id }").await;
        self.tell(format_args!("share {container} with {grantee}: {permissions:?} below {include_descendants} for {expires_in:?}: {answer}"));
        let expected = if is_refused { "INVALID_GRANTEE" } else { "" };
        assert_eq!(answer.refusal("shareContainer"), expected, "{}", self.story);
        if is_refused {
            return;
        }
        let id = answer.text("shareContainer.share.id");
        let expires_at = expires_in.map(|hours| self.model.now + hours);
        let share =
            Share { container, grantee, include_descendants, permissions, is_revoked: false, expires_at };
        // Granting again replaces the earlier grant.
        let earlier =
            self.model.shares.iter().position(|it| (it.container, it.grantee) == (container, grantee));
        match earlier {
            Some(at) => (self.model.shares[at], self.shares[at]) = (share, id),
            None => {
                self.model.shares.push(share);
                self.shares.push(id);
            }
        }
    }

    async fn revoke(&mut self) {
        if self.shares.is_empty() {
            return;
        }
        let at = self.dice.below(self.shares.len());
        let owner = self.model.containers[self.model.shares[at].container].owner;
        let input = json!({ "id": self.shares[at] });
        let status =
            self.tenants[owner].done("revokeContainerShare", input, "share { status }", "share.status");
        assert_eq!(status.await, "REVOKED", "{}", self.story);
        self.model.shares[at].is_revoked = true;
        self.tell(format_args!("revoke share {at}"));
        self.count("revocations");
    }

    async fn opt_out(&mut self) {
        let tenant = self.any_tenant();
        let container = self.dice.chance(60).then(|| self.any_container());
        let includes_self = self.dice.chance(40);
        let reach = if includes_self { "SELF_AND_SUB_TENANTS" } else { "SUB_TENANTS" };
        let input = json!({ "containerId": container.map(|at| &self.containers[at]), "reach": reach });
        let answer = self.tenants[tenant].mutate("disableContainers", input, "optOut { id }").await;
        self.tell(format_args!("{tenant} disables {container:?} {reach}: {answer}"));
        let is_unseen = container.is_some_and(|at| !self.model.sees_container(tenant, at));
        let mut own = self.model.opt_outs.iter();
        let is_repeated = own.any(|it| (it.tenant, it.container) == (tenant, container));
        let refusal = answer.refusal("disableContainers");
        let expected = match (is_unseen, is_repeated) {
            (true, _) => "CONTAINER_NOT_FOUND",
            (false, true) => "ALREADY_DISABLED",
            (false, false) => "",
        };
        assert_eq!(refusal, expected, "{}", self.story);
        if expected.is_empty() {
            self.model.opt_outs.push(OptOut { tenant, container, includes_self });
            self.opt_outs.push(answer.text("disableContainers.optOut.id"));
            self.count("opt-outs");
        }
    }

    async fn opt_in(&mut self) {
        if self.opt_outs.is_empty() {
            return;
        }
        let at = self.dice.below(self.opt_outs.len());
        let opt_out = self.model.opt_outs.remove(at);
        let input = json!({ "optOutId": self.opt_outs.remove(at) });
        self.tenants[opt_out.tenant].done("enableContainers", input, "optOut { id }", "optOut.id").await;
        self.tell(format_args!("{} takes an opt-out back: {opt_out:?}", opt_out.tenant));
    }

    async fn change_status(&mut self) {
        let at = self.any_container();
        let choices =
            [(Status::Active, "ACTIVE"), (Status::ReadOnly, "READ_ONLY"), (Status::Disabled, "DISABLED")];
        let (status, text) = *self.dice.one_of(&choices);
        let input = json!({ "id": self.containers[at], "status": text });
        let owner = self.model.containers[at].owner;
        self.tenants[owner].done("updateContainer", input, "container { id }", "container.id").await;
        self.model.containers[at].status = status;
        self.tell(format_args!("container {at} is {text}"));
    }

    async fn bind(&mut self) {
        let (tenant, container) = self.pair(Model::sees_container);
        // Each tenant has one connector, at its own position.
        let connector = self.dice.chance(50).then_some(tenant);
        let input = json!({ "containerId": self.containers[container],
            "connectorId": connector.map(|at| &self.connectors[at]) });
        let answer = self.tenants[tenant].mutate("bindContainer", input, "binding { id }").await;
        self.tell(format_args!("{tenant} binds {container} to {connector:?}: {answer}"));
        let is_seen = self.model.sees_container(tenant, container);
        let expected = if is_seen { "" } else { "CONTAINER_NOT_FOUND" };
        assert_eq!(answer.refusal("bindContainer"), expected, "{}", self.story);
        if is_seen {
            match connector {
                Some(at) => self.model.connectors[at].bound = Some(container),
                None => self.model.defaults[tenant] = Some(container),
            }
            self.count("bindings");
        }
    }

    async fn unbind(&mut self) {
        let tenant = self.any_tenant();
        let input = json!({ "connectorId": null });
        let answer = self.tenants[tenant].mutate("unbindContainer", input, "").await;
        let expected = if self.model.defaults[tenant].is_some() { "" } else { "BINDING_NOT_FOUND" };
        assert_eq!(answer.refusal("unbindContainer"), expected, "{}", self.story);
        self.model.defaults[tenant] = None;
        self.tell(format_args!("{tenant} has no default any more"));
    }

    fn let_time_pass(&mut self) {
        self.world.advance(HOUR);
        self.model.now += 1;
        self.tell("an hour passes");
    }

    async fn create_profile(&mut self) {
        let may_store = |model: &Model, tenant, container| {
            model.permissions(tenant, container).contains("STORE_INSTRUMENT")
        };
        let (tenant, container) = self.pair(may_store);
        let permissions = self.model.permissions(tenant, container);
        let input = json!({ "containerId": self.containers[container] });
        let answer = self.tenants[tenant].mutate("createProfile", input, "profile { id guid }").await;
        self.tell(format_args!("{tenant} creates a profile in {container}: {answer}"));
        let expected = if !self.model.sees_container(tenant, container) {
            "CONTAINER_NOT_FOUND"
        } else if permissions.contains("STORE_INSTRUMENT") && permissions.contains("READ_PROFILE") {
            ""
        } else {
            "CONTAINER_PERMISSION_MISSING"
        };
        assert_eq!(answer.refusal("createProfile"), expected, "{}", self.story);
        if expected.is_empty() {
            let text = |name| answer.text(&format!("createProfile.profile.{name}"));
            self.profiles.push((text("id"), text("guid")));
            self.model.profiles.push(Profile { container, linked: [tenant].into() });
            self.count("profiles");
        }
    }

    /// A guid, sent with a secret key, links the tenant if it may read; and tells nothing if it may not.
    async fn present_guid(&mut self) {
        if self.profiles.is_empty() {
            return;
        }
        let (tenant, at) = (self.any_tenant(), self.dice.below(self.profiles.len()));
        let (id, guid) = &self.profiles[at];
        let document = "query($guid: String!) { profile(by: { guid: $guid }) { id } }";
        let answer = self.tenants[tenant].query(document, json!({ "guid": guid })).await;
        let container = self.model.profiles[at].container;
        let may_read = self.model.permissions(tenant, container).contains("READ_PROFILE");
        let expected = if may_read { json!({ "id": id }) } else { json!(null) };
        assert_eq!(answer.data("profile"), &expected, "{tenant} presents {at}: {}", self.story);
        self.tell(format_args!("{tenant} presents the guid of {at}: {answer}"));
        if may_read && self.model.containers[container].owner != tenant {
            self.model.profiles[at].linked.insert(tenant);
            self.count("links");
        }
    }
}
