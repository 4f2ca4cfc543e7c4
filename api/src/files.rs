//! The files of the page and of the playground: in a folder, or carried in the program itself.

use std::{
    future::{self, Ready},
    io::{self, Cursor, SeekFrom},
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
    time::SystemTime,
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower_http::services::fs;

const INDEX: &str = "index.html";

/// What the file of a name holds, such as `index.html` or `assets/app-54fbbdc666.js.br`.
pub type Lookup = fn(&str) -> Option<&'static [u8]>;

/// What a program carries, so that it needs no folder beside it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Carried {
    pub page: Option<Lookup>,
    pub playground: Option<Lookup>,
}

/// Where files are.
#[derive(Debug, Clone)]
pub enum Files {
    Folder(PathBuf),
    Carried(Memory),
}

impl Files {
    /// Those of the folder that the settings name, else what is carried, else those of the folder
    /// into which a checkout builds.
    pub fn new(named: Option<&Path>, carried: Option<Lookup>, built: &str) -> Self {
        match (named, carried) {
            (None, Some(lookup)) => Self::Carried(Memory(lookup)),
            (named, _) => Self::Folder(named.unwrap_or(Path::new(built)).to_owned()),
        }
    }

    /// The document, as it is now: a folder may be built anew.
    pub async fn index(&self) -> Option<Bytes> {
        match self {
            Self::Folder(folder) => tokio::fs::read(folder.join(INDEX)).await.ok().map(Bytes::from),
            Self::Carried(memory) => memory.read(Path::new(INDEX)).map(Bytes::from_static),
        }
    }
}

/// Carried files, as `ServeDir` wants them.
#[derive(Debug, Clone, Copy)]
pub struct Memory(Lookup);

impl Memory {
    fn read(self, path: &Path) -> Option<&'static [u8]> {
        // `ServeDir` begins at the working directory, which is none here.
        (self.0)(path.strip_prefix(".").unwrap_or(path).to_str()?)
    }

    fn open(self, path: &Path) -> io::Result<CarriedFile> {
        let content = self.read(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(CarriedFile { size: Size(content.len() as u64), content: Cursor::new(content) })
    }
}

impl fs::Backend for Memory {
    type File = CarriedFile;
    type Metadata = Size;
    type OpenFuture = Ready<io::Result<CarriedFile>>;
    type MetadataFuture = Ready<io::Result<Size>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        future::ready((*self).open(&path))
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        future::ready((*self).open(&path).map(|file| file.size))
    }
}

/// A file that is being sent.
pub struct CarriedFile {
    content: Cursor<&'static [u8]>,
    size: Size,
}

impl fs::File for CarriedFile {
    type Metadata = Size;
    type MetadataFuture<'a> = Ready<io::Result<Size>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        future::ready(Ok(self.size))
    }
}

impl AsyncRead for CarriedFile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.content).poll_read(context, buffer)
    }
}

impl AsyncSeek for CarriedFile {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.content).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.content).poll_complete(context)
    }
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, Copy)]
pub struct Size(u64);

impl fs::Metadata for Size {
    fn is_dir(&self) -> bool {
        false
    }

    /// Always the same: another content has another name.
    fn modified(&self) -> io::Result<SystemTime> {
        Ok(SystemTime::UNIX_EPOCH)
    }

    fn len(&self) -> u64 {
        self.0
    }
}
