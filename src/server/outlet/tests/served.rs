//! A film that is served, and a client that counts every byte.

use super::*;

pub(super) const LENGTH: usize = (3 << 20) + 123;
/// More than the kernel keeps for one connection, on both sides together.
pub(super) const LONG: u64 = 64 << 20;

#[derive(Clone)]
pub(super) struct Reel {
    pub(super) path: Arc<std::path::PathBuf>,
    pub(super) noted: Arc<Mutex<Vec<Range<u64>>>>,
}

impl Reel {
    pub(super) fn body(&self, range: Range<u64>) -> FileBody {
        let noted = Arc::clone(&self.noted);
        let file = File::open(&*self.path).unwrap();
        let length = file.metadata().unwrap().len();
        let file = Arc::new(SharedFile::new(file, length));
        FileBody::new(
            file,
            range,
            Arc::new(move |bytes: Range<u64>| noted.lock().unwrap().push(bytes)),
        )
    }
}

pub(super) async fn film(State(film): State<Reel>, method: Method, headers: HeaderMap) -> Response {
    let length = fs::metadata(&*film.path).unwrap().len();
    let wanted = headers.get(header::RANGE).and_then(|v| v.to_str().ok());
    let (status, part) = match range::evaluate(wanted, length) {
        range::Outcome::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        _ => (StatusCode::OK, 0..length),
    };
    let length = [(header::CONTENT_LENGTH, (part.end - part.start).to_string())];
    let mut response = (status, length).into_response();
    if method == Method::GET {
        response.extensions_mut().insert(film.body(part));
    }
    response
}

/// Two ranges with words around them.
pub(super) async fn parts(State(film): State<Reel>) -> Response {
    let mut body = film.body(0..0);
    let text = |text: &'static str| Piece::Text(text.into());
    body.pieces = [
        text("one:"),
        Piece::File(10..300_000),
        text(":two:"),
        Piece::File(5..6),
        text(":end"),
    ]
    .into();
    let mut response = [(header::CONTENT_LENGTH, body.len().to_string())].into_response();
    response.extensions_mut().insert(body);
    response
}

pub(super) struct Served {
    pub(super) folder: TempDir,
    pub(super) film: Reel,
    pub(super) content: Vec<u8>,
    pub(super) address: SocketAddr,
    pub(super) stop: CancellationToken,
    pub(super) done: tokio::task::JoinHandle<()>,
}

impl Served {
    pub(super) async fn start() -> Self {
        Self::with_patience(Duration::from_secs(60)).await
    }

    pub(super) async fn with_patience(stalled_reader: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let path = Arc::new(folder.path().join("film"));
        let content = noise(LENGTH);
        fs::write(&*path, &content).unwrap();
        let film_ = Reel {
            path,
            noted: Arc::default(),
        };
        let routes = Router::new()
            .route("/film", get(film))
            .route("/parts", get(parts))
            .route("/api", get(|| async { "an answer" }))
            .route("/media/film", get(film))
            .route("/thread", get(lanes::thread))
            .route("/media/thread", get(lanes::thread))
            .route("/media/stand", get(lanes::stand))
            .with_state(film_.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let limits = Limits {
            connections: 100,
            per_address: 100,
            header_time: Duration::from_secs(60),
            stalled_reader,
        };
        let done = tokio::spawn(run(listener, routes, limits, stop.clone()));
        Self {
            folder,
            film: film_,
            content,
            address,
            stop,
            done,
        }
    }

    pub(super) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    pub(super) async fn connect_with_buffer(&self, bytes: u32) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(bytes).unwrap();
        Client(socket.connect(self.address).await.unwrap())
    }

    /// A film that no buffer holds, without taking room on the disk.
    pub(super) fn make_long(&self) {
        File::options()
            .write(true)
            .open(&*self.film.path)
            .unwrap()
            .set_len(LONG)
            .unwrap();
    }

    pub(super) fn noted(&self) -> u64 {
        self.film.noted.lock().unwrap().iter().map(|r| r.end - r.start).sum()
    }
}

/// Not random, and nowhere like itself at the distances that matter.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(next).collect()
}

pub(super) struct Client(pub(super) TcpStream);

impl Client {
    pub(super) async fn send(&mut self, method: &str, path: &str, extra: &str) {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n");
        self.0.write_all(request.as_bytes()).await.unwrap();
    }

    pub(super) async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap().to_lowercase()
    }

    pub(super) async fn answer(&mut self) -> Vec<u8> {
        let head = self.head().await;
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        body
    }

    pub(super) async fn get(&mut self, path: &str, extra: &str) -> Vec<u8> {
        self.send("GET", path, extra).await;
        self.answer().await
    }

    pub(super) async fn rest(&mut self) -> usize {
        let mut rest = Vec::new();
        drop(self.0.read_to_end(&mut rest).await);
        rest.len()
    }
}

/// Drops the film's pages from memory, again and again, until told to end.
pub(super) fn keep_cold(path: &std::path::Path, end: &Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    let (file, end) = (File::open(path).unwrap(), Arc::clone(end));
    file.sync_all().unwrap();
    std::thread::spawn(move || {
        while !end.load(Ordering::Relaxed) {
            rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).unwrap();
            std::thread::yield_now();
        }
    })
}
