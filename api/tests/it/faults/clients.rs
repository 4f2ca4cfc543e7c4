//! Clients that are slow, vanish, or come in great number.

use std::time::Duration;

use api::{
    connections::{Connections, IdleTimeout},
    shutdown::{Shutdown, Stage},
};
use axum::{Router, routing::get};
use clock::Clock;
use futures_util::{
    future::join_all,
    stream::{self, StreamExt as _},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::{
    PATIENCE,
    bystanders::{Bystanders, LISTS},
    report::{Row, spoken},
    well_again,
};
use crate::{
    live::socket::{PROTOCOL, Refused, Socket},
    support::{
        app::TestApp,
        database::TestDatabase,
        program::{Program, free_port},
    },
};

const ASK: &[u8] = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn address(url: &str) -> &str {
    url.strip_prefix("http://").expect("plain HTTP")
}

/// What comes on a connection until its end, and how long that takes.
async fn heard(mut stream: TcpStream) -> (String, Duration) {
    let began = Instant::now();
    let mut answer = Vec::new();
    // Cut off is an end, too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("no end");
    (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
}

#[tokio::test]
async fn who_sends_slowly_is_cut_off_and_slows_nobody() {
    let app = TestApp::start_with(&[("MAX_REQUESTS", "4")], Clock::system()).await;
    let bystanders = Bystanders::of(&app).await;
    // A letter each second: never silent, and never done.
    let drip = async |head: &str| {
        let mut stream = TcpStream::connect(address(&app.url)).await.expect("it listens");
        stream.write_all(head.as_bytes()).await.expect("taken");
        let (mut reading, mut writing) = stream.into_split();
        let began = Instant::now();
        let mut answer = Vec::new();
        let dripping = async {
            while writing.write_all(b"x").await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            ended = timeout(PATIENCE, reading.read_to_end(&mut answer)) => {
                let _ = ended.expect("it is never cut off");
            }
            () = dripping => {}
        }
        (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
    };
    let body = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 60000\r\n\r\n";
    // More than there are places for requests.
    let heads = join_all((0..8).map(|_| drip("GET / HTTP/1.1\r\nx-slow: ")));
    let bodies = join_all((0..8).map(|_| drip(body)));
    let slow = async { tokio::join!(heads, bodies) };
    let ((heads, bodies), impact) = bystanders.during(slow).await;
    for (answer, _) in &heads {
        assert_eq!(answer, "", "an answer to half a head");
    }
    for (answer, _) in &bodies {
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(answer.contains("Send it again"), "{answer}");
    }
    let longest = heads.iter().chain(&bodies).map(|(_, took)| *took).max().expect("some");
    Row {
        about: "clients",
        fault: "16 clients send a letter a second, of a header or of a body",
        sees: &format!("they: closed, or 408, after {}", spoken(longest)),
        bystanders: Some(&impact),
        well_after: None,
        kept: "nothing was sent whole",
    }
    .report();
}

#[tokio::test]
async fn who_vanishes_leaves_nothing_behind() {
    // One user may have a quarter of the requests, and half of the connections.
    let vars = [("MAX_REQUESTS", "400"), ("DATABASE_MAX_CONNECTIONS", "8")];
    let app = TestApp::start_with(&vars, Clock::system()).await;
    let ada = app.guest("ada").await;
    ada.add("mine").await;
    let bystanders = Bystanders::of(&app).await;
    let mut holder = app.database.connect().await;
    sqlx::raw_sql("begin; select from todos for update").execute(&mut holder).await.expect("held");
    let body =
        json!({"query": "mutation { toggleTodo(id: \"todo_1\") { todo { id } } }"}).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        ada.access_token,
        body.len()
    );
    let mut streams = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(address(&app.url)).await.expect("it listens");
        stream.write_all(request.as_bytes()).await.expect("taken");
        streams.push(stream);
    }
    let until = async |what: &str, holds: &dyn Fn() -> bool| {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < PATIENCE, "{what}: {:?}", app.state.rls.pool());
            sleep(Duration::from_millis(5)).await;
        }
        began.elapsed()
    };
    let pool = || app.state.rls.pool();
    let vanishing = async {
        until("they wait", &|| pool().used >= 4 && pool().waiting > 20).await;
        drop(streams);
        let well = until("nobody waits for them", &|| pool().waiting == 0).await;
        bystanders.answered(LISTS).await;
        well
    };
    let (well, impact) = bystanders.during(vanishing).await;
    sqlx::raw_sql("rollback").execute(&mut holder).await.expect("released");
    until("connections come back", &|| pool().used == 0).await;
    well_again(&ada).await;
    Row {
        about: "clients",
        fault: "50 clients vanish while their requests wait for a row",
        sees: "nothing: nobody waits for an answer",
        bystanders: Some(&impact),
        well_after: Some(well),
        kept: "every connection of the pool came back",
    }
    .report();
}

/// Requests of one keep-alive connection.
async fn ask(stream: &mut TcpStream) -> std::io::Result<String> {
    stream.write_all(ASK).await?;
    let mut buffer = vec![0; 4096];
    let length = stream.read(&mut buffer).await?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

/// A service of one route, with places for so many.
async fn small(
    max: usize,
    patience: IdleTimeout,
) -> (String, Connections, Shutdown, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let (connections, shutdown) = (Connections::new(max, patience), Shutdown::default());
    let router = Router::new().route("/livez", get(async || "well"));
    let router = router.route("/large", get(async || "x".repeat(50_000_000)));
    let (serving, end) = (connections.clone(), shutdown.clone());
    let server = tokio::spawn(async move { serving.serve(listener, router, &end).await });
    (address, connections, shutdown, server)
}

#[tokio::test]
async fn a_flood_of_connections_is_refused_in_words_and_makes_room() {
    let app = TestApp::start_with(&[("MAX_CONNECTIONS", "40")], Clock::system()).await;
    // They keep their connections; all others are taken.
    let bystanders = Bystanders::of(&app).await;
    let flood = async {
        let mut idle = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        while app.state.connections.open() < 40 {
            assert!(Instant::now() < deadline, "there is always room");
            let mut stream = TcpStream::connect(address(&app.url)).await.expect("it listens");
            ask(&mut stream).await.expect("an answer");
            idle.push(stream);
        }
        let more = (0..60).map(async |_| {
            let mut stream = TcpStream::connect(address(&app.url)).await.expect("it listens");
            let _ = stream.write_all(ASK).await;
            heard(stream).await
        });
        let answers = join_all(more).await;
        bystanders.answered(LISTS).await;
        (idle, answers)
    };
    let ((idle, answers), impact) = bystanders.during(flood).await;
    let refused: Vec<_> = answers.iter().filter(|(text, _)| text.contains(" 503 ")).collect();
    // On a busy machine connections that rest are closed for some of the flood already.
    let served = answers.iter().filter(|(text, _)| text.contains(" 200 ")).count();
    assert!(!refused.is_empty() && refused.len() + served == answers.len(), "{answers:?}");
    for (answer, _) in &refused {
        assert!(answer.contains("retry-after: 5") && answer.contains("Try again"), "{answer}");
    }
    // Those that rest are closed for others.
    let began = Instant::now();
    loop {
        let mut stream = TcpStream::connect(address(&app.url)).await.expect("it listens");
        if ask(&mut stream).await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 ")) {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "no room is made");
        sleep(Duration::from_millis(100)).await;
    }
    let well = began.elapsed();
    drop(idle);
    Row {
        about: "clients",
        fault: "all connections are taken (`MAX_CONNECTIONS=40`), and 60 more come",
        sees: "those beyond: 503, `Retry-After: 5`",
        bystanders: Some(&impact),
        well_after: Some(well),
        kept: "connections in use",
    }
    .report();
}

#[tokio::test]
async fn sockets_leave_room_for_requests() {
    let app = TestApp::start_with(&[("MAX_CONNECTIONS", "40")], Clock::system()).await;
    let (ada, eve) = (app.guest("ada").await, app.guest("eve").await);
    let mut sockets = Vec::new();
    // As many as a user may have, and as there are.
    for user in [&ada, &ada, &eve].into_iter().cycle().take(30) {
        sockets.push(Socket::of(&app, user).await);
    }
    let bearer = format!("Bearer {}", eve.access_token);
    let Err(Refused(status, _)) = Socket::open(&app, &[PROTOCOL, ("authorization", &bearer)]).await
    else {
        panic!("sockets take all connections")
    };
    assert_eq!(status, 503);
    for _ in 0..5 {
        let stream = TcpStream::connect(address(&app.url)).await;
        let answer = ask(&mut stream.expect("it listens")).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    drop(sockets);
}

#[tokio::test]
async fn a_connection_may_rest_and_no_answer_is_kept_for_who_does_not_take_it() {
    let connect = async |address: &str| TcpStream::connect(address).await.expect("it listens");
    let half_a_head = async |address: &str| {
        let mut half = connect(address).await;
        half.write_all(b"GET /livez HTT").await.expect("taken");
        assert_eq!(heard(half).await.0, "");
    };
    // One that rests between two requests may do so for longer than a head may take. It takes as long as a busy
    // machine needs to send one.
    let patience = IdleTimeout {
        rest: Duration::from_hours(1),
        rest_when_full: Duration::from_hours(1),
        head: Duration::from_secs(3),
        ..IdleTimeout::default()
    };
    let (address, _connections, _shutdown, _server) = small(10, patience).await;
    let mut resting = connect(&address).await;
    assert!(ask(&mut resting).await.expect("an answer").starts_with("HTTP/1.1 200 "));
    half_a_head(&address).await;
    assert!(ask(&mut resting).await.expect("an answer").starts_with("HTTP/1.1 200 "));

    let patience = IdleTimeout {
        rest: Duration::from_millis(300),
        rest_when_full: Duration::from_mins(1),
        head: Duration::from_secs(3),
        served: Duration::from_secs(5),
        stall: Duration::from_millis(300),
    };
    let (address, connections, shutdown, server) = small(10, patience).await;
    let mut resting = connect(&address).await;
    assert!(ask(&mut resting).await.expect("an answer").starts_with("HTTP/1.1 200 "));
    // Its buffer is small, and it takes nothing out.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut deaf = socket.connect(address.parse().expect("an address")).await.expect("it listens");
    deaf.write_all(b"GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("taken");
    let deadline = Instant::now() + PATIENCE;
    while connections.open() > 0 {
        assert!(Instant::now() < deadline, "{} are open", connections.open());
        sleep(Duration::from_millis(20)).await;
    }
    let resting = heard(resting).await.0;
    assert_eq!(resting, "");
    drop(deaf);
    // The same with answers that are small, and many: what is asked behind them is not looked at.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let deaf = socket.connect(address.parse().expect("an address")).await.expect("it listens");
    let (_unread, mut asking) = deaf.into_split();
    let flood =
        tokio::spawn(async move { while asking.write_all(&ASK.repeat(100)).await.is_ok() {} });
    timeout(PATIENCE, flood).await.expect("it is kept for good").expect("without a panic");
    assert_eq!(connections.open(), 0);
    shutdown.advance(Stage::Closing);
    timeout(PATIENCE, server).await.expect("it ends").expect("without a panic");
}

#[tokio::test]
async fn ten_thousand_connections_that_rest_slow_nobody() {
    const WANTED: usize = 10_000;
    let files = rlimit::increase_nofile_limit(u64::MAX).expect("a limit");
    let room = usize::try_from(files.saturating_sub(500)).unwrap_or(usize::MAX);
    let count = WANTED.min(room);
    println!("{count} connections: the process may open {files} files");
    let database = TestDatabase::migrated().await;
    let admin = format!("127.0.0.1:{}", free_port());
    // On a busy machine the first have rested for long when the last come.
    let vars = [("ADMIN_ADDRESS", admin.as_str()), ("KEEP_ALIVE", "3600")];
    let program = Program::start(&database, &vars).await;
    let bystanders = Bystanders::of_program(&program).await;
    let memory = async || {
        let metrics = program.http.get(format!("http://{admin}/metrics")).send().await;
        let metrics = metrics.expect("an answer").text().await.expect("a text");
        let of = |name: &str| {
            let mut lines = metrics.lines().filter_map(|line| line.strip_prefix(name));
            let value = lines.find_map(|rest| rest.strip_prefix(' ')).expect("a metric");
            value.parse::<f64>().expect("a number")
        };
        (of("process_resident_memory_bytes"), of("connections_open"))
    };
    let before = memory().await.0;
    let resting: Vec<TcpStream> = stream::iter(0..count)
        .map(async |_| {
            let mut stream = TcpStream::connect(address(&program.url)).await.expect("it listens");
            let answer = ask(&mut stream).await.expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
            stream
        })
        .buffer_unordered(64)
        .collect()
        .await;
    let (now, open) = memory().await;
    assert!(open >= f64::from(u32::try_from(count).expect("a small number")), "{open}");
    let ((), impact) = bystanders.during(bystanders.answered(LISTS)).await;
    let each = (now - before) / 1024.0 / open;
    // Each is still good.
    let mut resting = resting;
    let last = resting.last_mut().expect("one");
    assert!(ask(last).await.expect("an answer").starts_with("HTTP/1.1 200 "));
    Row {
        about: "clients",
        fault: &format!("{count} connections rest, kept alive"),
        sees: &format!("nothing; {each:.0} KiB of the service's memory for each connection"),
        bystanders: Some(&impact),
        well_after: None,
        kept: "each is still good",
    }
    .report();
}
