/* The player page: big keys, the viewing session, the presence question. The film itself plays without any of this.
   ES2015 as Chrome 53 knows it; every sentence comes from the page. */
(function () {
  'use strict';

  var facts = JSON.parse(document.getElementById('facts').textContent);
  var t = facts.texts;
  var film = document.getElementById('film');
  var $ = function (id) { return document.getElementById(id); };

  function fill(sentence, values) {
    return sentence.replace(/\{(\d)\}/g, function (all, n) { return values[n]; });
  }
  function spoken(ms) {
    var s = Math.floor(ms / 1000);
    return s < 60 ? fill(t.seconds, [s]) : fill(t.minutes_seconds, [Math.floor(s / 60), s % 60]);
  }
  function clock(ms) {
    var s = Math.max(0, Math.floor(ms / 1000));
    return Math.floor(s / 60) + ':' + ('0' + (s % 60)).slice(-2);
  }
  function show(element, shown) { if (element) { element.classList.toggle('hidden', !shown); } }
  function say(text) { if ($('status')) { $('status').textContent = text; } }
  function banner(text) { $('banner').textContent = text; show($('banner'), text !== ''); }

  /* 1. Keys ------------------------------------------------------------------------------------------------------- */

  function move(by) { film.currentTime = Math.max(0, Math.min((film.duration || 0) - 0.1, film.currentTime + by)); }
  $('back15').addEventListener('click', function () { move(-15); });
  $('on15').addEventListener('click', function () { move(15); });
  $('toggle').addEventListener('click', function () { if (film.paused) { start(); } else { film.pause(); } });
  $('speed').addEventListener('click', function () {
    var rates = [1, 1.25, 1.5, 0.75];
    film.playbackRate = rates[(rates.indexOf(film.playbackRate) + 1) % rates.length];
    $('rate').textContent = film.playbackRate;
  });
  $('full').addEventListener('click', function () {
    var open = film.requestFullscreen || film.webkitRequestFullscreen || film.webkitEnterFullscreen;
    if (open) { open.call(film); }
  });
  if ($('subs')) {
    $('subs').addEventListener('click', function () {
      var track = film.textTracks[0];
      if (track) { track.mode = track.mode === 'showing' ? 'hidden' : 'showing'; }
    });
  }
  function start() { var p = film.play(); if (p && p.catch) { p.catch(function () {}); } }
  function label() {
    $('toggle-t').textContent = film.paused ? t.play : t.pause;
    show($('icon-play'), film.paused);
    show($('icon-pause'), !film.paused);
  }
  film.addEventListener('play', label);
  film.addEventListener('pause', label);
  film.addEventListener('error', function () {
    var code = film.error ? film.error.code : 0;
    if (code === 2 || reviving) { fetchAnew(); }
    else if (code >= 3 && !opening) { banner(t.cannot_play); }
  });

  /* The Wi-Fi broke off in the middle of the film: it is asked for again until it comes, from the same place. */
  var reviving = null;
  function fetchAnew() {
    if (!reviving) {
      reviving = { at: film.currentTime, going: !film.paused, wait: 1 };
      film.addEventListener('loadedmetadata', revived);
      if (!facts.member) { banner(t.offline_guest); }
    }
    setTimeout(function () { if (reviving) { film.load(); } }, reviving.wait * 1000);
    reviving.wait = Math.min(reviving.wait * 2, 10);
  }
  function revived() {
    film.removeEventListener('loadedmetadata', revived);
    var was = reviving;
    reviving = null;
    film.currentTime = was.at;
    if (was.going) { start(); }
    if (!facts.member) { banner(''); }
  }

  if (!facts.member) { return; }

  /* 2. The session: opened at the first play, answered by numbers ---------------------------------------------------- */

  var session = null;        /* what the station answered when it was opened */
  var opening = false;
  var blocked = false;       /* superseded: nothing is reported until the member asks for it */
  var played = new Beats.Played();
  var queue = new Beats.Queue(0);
  var sending = false;
  var retry = 0;
  var mine = [];             /* media played here, for the bar */
  var credited = facts.credited;
  var numbers = { credited: facts.credited_ms, pending: facts.pending_ms };

  var post = Sending.post;
  var shelf = Beats.shelf();
  function keep() { if (session) { shelf.keep(session.session, queue.all()); } }

  function openSession(then) {
    if (session || opening || blocked) { return; }
    opening = true;
    /* What an earlier page left goes first: opening ends the session that it belongs to. */
    Sending.deliver(shelf, function () { openNow(then); });
  }

  function openNow(then) {
    post('/api/sessions', JSON.stringify({ item: facts.item, now_ms: Date.now() }), function (status, answer, wait) {
      opening = false;
      if (status === 201) {
        session = answer;
        queue = new Beats.Queue(0);
        learn(answer);
        retry = 0;
        banner('');
        draw();
        if (then) { then(answer); }
        beat(film.paused ? 'paused' : 'playing');
      } else if (status === 401) {
        say(t.guest_no_credit);
      } else if (status === 0 || status >= 500) {
        banner(status === 503 && answer ? answer.detail : t.offline);
        later(wait, function () { openSession(then); });
      } else {
        banner(answer && answer.detail ? answer.detail : t.offline);
      }
    });
  }

  /* What the station knows of this item: the figures, and the media behind them for the bar. */
  function learn(answer) {
    numbers = { credited: answer.credited_ms, pending: answer.pending_ms };
    credited = answer.credited || credited;
  }

  /* Waits as long as the station asks, else 1, 2, 4 … at most 15 s. One timer, whoever asks. */
  var timer = null;
  function later(wait, act) {
    if (timer) { return; }
    retry = Math.min(retry ? retry * 2 : 1, 15);
    timer = setTimeout(function () { timer = null; act(); }, Math.max(retry, Math.min(wait, 60)) * 1000);
  }

  /* At the first play the film goes on where the member stopped. */
  var resumed = false;
  film.addEventListener('play', function () {
    if (blocked) { return; }
    if (session) { resume(session); } else { openSession(resume); }
  });
  function resume(answer) {
    if (!resumed && answer.resume_ms > 0 && film.currentTime < 3) {
      film.currentTime = answer.resume_ms / 1000;
      say(fill(t.resumed, [clock(answer.resume_ms)]));
    }
    resumed = true;
  }

  /* 3. What really played ---------------------------------------------------------------------------------------------- */

  function look() { played.look(film.currentTime, film.playbackRate, film.played); }
  film.addEventListener('timeupdate', function () {
    if (!film.paused && !film.seeking) { look(); }
  });
  film.addEventListener('seeking', function () { played.lift(); });
  film.addEventListener('waiting', function () { played.lift(); });
  film.addEventListener('emptied', function () { played.lift(); });
  film.addEventListener('seeked', function () { beat('seeking'); });
  film.addEventListener('pause', function () { if (!film.seeking) { look(); } played.lift(); beat('paused'); });
  film.addEventListener('ended', function () { look(); played.lift(); beat('ended'); });

  function beat(state) {
    if (!session || blocked) { return; }
    var segments = played.take();
    if (!segments.length && state !== 'ended') { return; }
    mine = Beats.union(mine.concat(segments));
    queue.add(segments, state);
    keep();
    flush();
    draw();
  }
  setInterval(function () { if (!film.paused) { beat('playing'); } }, facts.beat_every_ms);

  /* 4. Sending, one at a time, the same body until it is answered ------------------------------------------------------- */

  function flush() {
    var body = queue.head();
    if (sending || body === null || !session || blocked) { return; }
    sending = true;
    var to = session.session;
    post('/api/sessions/' + to + '/beats', body, function (status, answer, wait) {
      sending = false;
      if (!session || to !== session.session) { flush(); return; }
      if (status === 200) { queue.answered(); keep(); retry = 0; banner(''); take(answer); flush(); return; }
      if (status === 409 || status === 404) { refused(status, answer); return; }
      if (status === 422 || status === 400) { queue.answered(); keep(); flush(); return; }
      banner(status === 503 ? (answer && answer.detail) || t.disk_full : t.offline);
      later(wait, flush);
    });
  }

  function refused(status, answer) {
    var reason = answer && answer.reason;
    if (reason === 'superseded') {
      blocked = true;
      drop();
      session = null;
      film.pause();
      banner(t.superseded);
      var again = document.createElement('button');
      again.className = 'btn';
      again.type = 'button';
      again.textContent = t.go_on_here;
      again.addEventListener('click', function () { blocked = false; openSession(start); });
      $('banner').appendChild(again);
    } else if (reason === 'wrong_n' || reason === 'changed_body') {
      reopen('');
    } else {
      reopen(t.restarted);
    }
  }

  /* The session takes nothing more; what waited begins in the film here. */
  function drop() {
    var from = null;
    queue.drain().forEach(function (body) {
      JSON.parse(body).segments.forEach(function (piece) { from = from === null ? piece[0] : Math.min(from, piece[0]); });
    });
    keep();
    return from;
  }

  /* The station restarted: a new session, the bytes anew. What it had not taken yet cannot be counted any more, since
     nobody knows how long it was away; so the film goes back to where that began, if it is not too far. */
  var FAR = 120;
  function reopen(text) {
    if (opening) { return; }
    var from = drop();
    session = null;
    played.lift();
    played.take();
    var at = reviving ? reviving.at : film.currentTime;
    var going = reviving ? reviving.going : !film.paused;
    reviving = null;
    film.removeEventListener('loadedmetadata', revived);
    if (from !== null && from / 1000 < at && at - from / 1000 <= FAR) { at = from / 1000; }
    openSession(function (answer) {
      banner(text);
      film.src = answer.media;
      film.addEventListener('loadedmetadata', function once() {
        film.removeEventListener('loadedmetadata', once);
        film.currentTime = at;
        if (going) { start(); }
        setTimeout(function () { banner(''); }, 8000);
      });
    });
  }

  /* 5. What the station says ---------------------------------------------------------------------------------------------- */

  var notes = { unattended: t.note_unattended, not_new: t.note_not_new, not_sent: t.note_not_sent, too_fast: t.note_too_fast };

  function take(answer) {
    learn(answer);
    say(answer.note ? notes[answer.note] || '' : '');
    if (answer.proof_due) { ask(answer.proof_ms_left); } else { hideAsk(); }
    draw();
  }

  function draw() {
    $('credited').textContent = clock(numbers.credited);
    $('pending').textContent = clock(numbers.pending);
    $('unseen').textContent = clock(facts.length_ms - numbers.credited - numbers.pending);
    show($('confirm'), numbers.pending > 0);
    var bar = $('bar');
    while (bar.childNodes.length > 1) { bar.removeChild(bar.lastChild); }
    pieces(bar, mine, 'fill', 'url(#hatch)', numbers.pending > 0);
    pieces(bar, credited, 'class', 'k-1', true);
  }
  function share(ms) { return (facts.length_ms ? ms / facts.length_ms * 100 : 0) + '%'; }
  function pieces(bar, list, name, value, shown) {
    if (!shown) { return; }
    list.forEach(function (piece) {
      var rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
      rect.setAttribute('x', share(piece[0]));
      rect.setAttribute('width', share(piece[1] - piece[0]));
      rect.setAttribute('height', '100%');
      rect.setAttribute(name, value);
      bar.appendChild(rect);
    });
  }

  /* The question must be seen: Chrome before 71 and iPhones have their own names for leaving the full screen. */
  function leaveFullScreen() {
    if (document.fullscreenElement && document.exitFullscreen) { document.exitFullscreen(); }
    else if (document.webkitFullscreenElement && document.webkitExitFullscreen) { document.webkitExitFullscreen(); }
    else if (film.webkitDisplayingFullscreen && film.webkitExitFullscreen) { film.webkitExitFullscreen(); }
  }

  /* 6. The presence question -------------------------------------------------------------------------------------------------- */

  var until = 0;
  var ticking = null;

  function ask(left) {
    if (!$('veil').classList.contains('hidden')) { return; }
    leaveFullScreen();
    until = Date.now() + left;
    $('ask-p').textContent = fill(t.ask_text, [spoken(numbers.pending)]);
    show($('veil'), true);
    chime();
    $('ask-y').focus();
    var whole = Math.max(left, 1);
    var spokenAt = 0;
    ticking = setInterval(tick, 500);
    function tick() {
      var rest = until - Date.now();
      if (rest <= 0) { hideAsk(); return; }
      $('ask-bar').setAttribute('width', (rest / whole * 100) + '%');
      if (Date.now() - spokenAt > 1000) {
        spokenAt = Date.now();
        $('ask-n').textContent = fill(t.ask_left, [Math.ceil(rest / 1000)]);
      }
    }
    tick();
  }
  /* A short sound with the question, unless the member turned it off. Browsers let a page sound only after a tap, and
     what makes it must be made then. */
  var QUIET = 'yuanjiao.quiet';
  var speaker = null;
  function isQuiet() { try { return localStorage.getItem(QUIET) === '1'; } catch (e) { return false; } }
  function labelChime() { $('chime').textContent = isQuiet() ? t.chime_off : t.chime_on; }
  film.addEventListener('play', function () {
    var Maker = window.AudioContext || window.webkitAudioContext;
    if (Maker && !speaker) { try { speaker = new Maker(); } catch (e) { speaker = null; } }
  });
  function chime() {
    if (isQuiet() || !speaker || speaker.state === 'suspended') { return; }
    var tone = speaker.createOscillator();
    var loudness = speaker.createGain();
    tone.frequency.value = 880;
    loudness.gain.setValueAtTime(0.15, speaker.currentTime);
    loudness.gain.exponentialRampToValueAtTime(0.001, speaker.currentTime + 0.6);
    tone.connect(loudness);
    loudness.connect(speaker.destination);
    tone.start();
    tone.stop(speaker.currentTime + 0.6);
  }
  $('chime').addEventListener('click', function () {
    try { if (isQuiet()) { localStorage.removeItem(QUIET); } else { localStorage.setItem(QUIET, '1'); } } catch (e) { /* no store */ }
    labelChime();
  });
  labelChime();

  function hideAsk() {
    if (ticking) { clearInterval(ticking); ticking = null; }
    show($('veil'), false);
  }

  var tapped = false;        /* a tap that the station has not taken yet */

  function prove() {
    hideAsk();
    tapped = true;
    if (!film.paused) { look(); }
    beat('paused');
    sendProof(0);
  }
  /* The proof goes after the beats that wait, so that what was just watched is in it. */
  function sendProof(tries) {
    if (!session) { openSession(function () { sendProof(tries + 1); }); return; }
    if (queue.head() !== null && tries < 40) { setTimeout(function () { sendProof(tries + 1); }, 250); return; }
    post('/api/sessions/' + session.session + '/proof', '{}', function (status, answer) {
      if (status === 200) {
        tapped = false;
        mine = [];
        take(answer);
      } else if (status === 409 || status === 404) {
        refused(status, answer);
      } else if (tries < 60) {
        setTimeout(function () { sendProof(tries + 1); }, 2000);
      }
    });
  }
  $('ask-y').addEventListener('click', prove);
  $('confirm').addEventListener('click', prove);

  /* 7. Leaving: what was played until now goes out with the page -------------------------------------------------------------- */

  function leave() {
    if (!session || blocked) { return; }
    if (!film.paused) { look(); }
    played.lift();
    var segments = played.take();
    if (segments.length) { queue.add(segments, 'hidden'); }
    /* Nobody tells whether a beacon arrived, so the next page offers the same beats again. */
    keep();
    if (navigator.sendBeacon) {
      queue.all().forEach(function (body) { navigator.sendBeacon('/api/sessions/' + session.session + '/beats', body); });
      if (tapped) { navigator.sendBeacon('/api/sessions/' + session.session + '/proof', '{}'); }
    }
  }
  window.addEventListener('pagehide', leave);
  /* Back from the browser's page cache: what went out by beacon was never answered, so begin anew. */
  window.addEventListener('pageshow', function (event) { if (event.persisted) { location.reload(); } });
  document.addEventListener('visibilitychange', function () { if (document.hidden) { beat('hidden'); } });

  draw();
}());
