//! The tree of a simulated disk as one value that is cheap to snapshot.
//!
//! Node 0 is the root directory and always exists. `.`-components and the leading slash of a path are ignored.

use super::content::Content;
use super::directory::{Directory, NodeId};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};
use std::sync::Arc;

pub(super) const ROOT: NodeId = 0;

#[derive(Clone, Debug)]
pub(super) enum Node {
    File(Content),
    Directory(Directory),
}

impl Node {
    fn is_clean(&self) -> bool {
        match self {
            Node::File(content) => content.is_clean(),
            Node::Directory(directory) => directory.is_clean(),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) nodes: BTreeMap<NodeId, Arc<Node>>,
    next: NodeId,
}

pub(super) fn components(path: &Path) -> Vec<&str> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_str().expect("simulated paths are text")),
            _ => None,
        })
        .collect()
}

fn missing(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no such file or directory: {}", path.display()))
}

impl State {
    pub(super) fn new() -> State {
        State { nodes: BTreeMap::from([(ROOT, Arc::new(Node::Directory(Directory::default())))]), next: ROOT + 1 }
    }

    pub(super) fn with_nodes(nodes: BTreeMap<NodeId, Arc<Node>>, like: &State) -> State {
        let mut state = State { nodes, next: like.next };
        state.collect(&BTreeSet::new());
        state
    }

    pub(super) fn find(&self, path: &Path) -> Option<NodeId> {
        components(path).into_iter().try_fold(ROOT, |at, name| self.directory(at)?.get(name))
    }

    pub(super) fn need(&self, path: &Path) -> io::Result<NodeId> {
        self.find(path).ok_or_else(|| missing(path))
    }

    pub(super) fn directory(&self, id: NodeId) -> Option<&Directory> {
        match self.nodes.get(&id)?.as_ref() {
            Node::Directory(directory) => Some(directory),
            Node::File(_) => None,
        }
    }

    pub(super) fn directory_mut(&mut self, id: NodeId) -> io::Result<&mut Directory> {
        match self.nodes.get_mut(&id).map(Arc::make_mut) {
            Some(Node::Directory(directory)) => Ok(directory),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn file(&self, id: NodeId) -> io::Result<&Content> {
        match self.nodes.get(&id).map(Arc::as_ref) {
            Some(Node::File(content)) => Ok(content),
            _ => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    pub(super) fn file_mut(&mut self, id: NodeId) -> io::Result<&mut Content> {
        match self.nodes.get_mut(&id).map(Arc::make_mut) {
            Some(Node::File(content)) => Ok(content),
            _ => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    /// The directory and last name of a path.
    pub(super) fn parent<'a>(&self, path: &'a Path) -> io::Result<(NodeId, &'a str)> {
        let name = components(path).pop().ok_or(io::ErrorKind::InvalidInput)?;
        let parent = self.need(path.parent().unwrap_or(Path::new("")))?;
        Ok((parent, name))
    }

    pub(super) fn create(&mut self, path: &Path, node: Node) -> io::Result<NodeId> {
        let (parent, name) = self.parent(path)?;
        let id = self.next;
        self.directory_mut(parent)?.change(vec![(name.to_owned(), Some(id))]);
        self.next += 1;
        self.nodes.insert(id, Arc::new(node));
        Ok(id)
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let id = self.need(from)?;
        let ((from_parent, from_name), (to_parent, to_name)) = (self.parent(from)?, self.parent(to)?);
        if let Some(target) = self.find(to)
            && target != id
            && self.directory(target).is_some()
        {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let (gone, come) = ((from_name.to_owned(), None), (to_name.to_owned(), Some(id)));
        if from_parent == to_parent {
            self.directory_mut(from_parent)?.change(vec![gone, come]);
            return Ok(());
        }
        self.directory_mut(to_parent)?.change(vec![come]);
        self.directory_mut(from_parent)?.change(vec![gone]);
        Ok(())
    }

    /// Removes a name; what it named stays readable through open handles.
    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        self.directory_mut(parent)?.change(vec![(name.to_owned(), None)]);
        Ok(())
    }

    /// Puts everything on the platter.
    pub(super) fn sync(&mut self) {
        for node in self.nodes.values_mut().filter(|node| !node.is_clean()) {
            match Arc::make_mut(node) {
                Node::File(content) => content.sync(),
                Node::Directory(directory) => directory.sync(),
            }
        }
    }

    /// The bytes of all files a name leads to.
    pub(super) fn used_bytes(&self) -> u64 {
        let mut used = 0;
        let mut open = vec![ROOT];
        while let Some(id) = open.pop() {
            match self.nodes.get(&id).map(Arc::as_ref) {
                Some(Node::File(content)) => used += content.length(),
                Some(Node::Directory(directory)) => open.extend(directory.names().map(|(_, id)| id)),
                None => {}
            }
        }
        used
    }

    /// Forgets what no name and no handle leads to.
    pub(super) fn collect(&mut self, handles: &BTreeSet<NodeId>) {
        let mut reachable = BTreeSet::new();
        let mut open: Vec<NodeId> = handles.iter().copied().chain([ROOT]).collect();
        while let Some(id) = open.pop() {
            if reachable.insert(id)
                && let Some(directory) = self.directory(id)
            {
                open.extend(directory.reachable());
            }
        }
        self.nodes.retain(|id, _| reachable.contains(id));
    }
}
