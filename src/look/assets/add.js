/* Adding films from the desk: uploads in pieces that go on where they stopped, and the list of a stick while something
   moves on it. ES2015 as Chrome 53 knows it. */
(function () {
  'use strict';

  var facts = JSON.parse(document.getElementById('facts').textContent);
  var t = facts.texts;
  var form = document.getElementById('upload');
  var csrf = form.getAttribute('data-csrf');
  var waiting = [];          /* uploads that wait for their turn */
  var current = null;        /* the one that is sent */

  function fill(text, values) {
    return text.replace(/\{(\d)\}/g, function (_, n) { return values[Number(n)]; });
  }
  function span(seconds) {
    var s = Math.max(1, Math.round(seconds));
    return s < 60 ? fill(t.seconds, [s]) : fill(t.minutes_seconds, [Math.floor(s / 60), s % 60]);
  }
  function add(parent, name, className, text) {
    var node = document.createElement(name);
    if (className) { node.className = className; }
    if (text) { node.textContent = text; }
    parent.appendChild(node);
    return node;
  }

  /* 1. One request; `done` is told status and answer, exactly once ------------------------------------------------------ */

  function ask(method, path, type, body, done, progress) {
    var request = new XMLHttpRequest();
    request.open(method, path);
    request.timeout = 180000;
    request.setRequestHeader('X-Csrf', csrf);
    request.setRequestHeader('Accept', 'application/json');
    if (type) { request.setRequestHeader('Content-Type', type); }
    request.onload = function () {
      var answer = null;
      try { answer = JSON.parse(request.responseText); } catch (e) { answer = null; }
      done(request.status, answer);
    };
    request.onerror = request.ontimeout = function () { done(0, null); };
    if (progress) { request.upload.onprogress = function (e) { progress(e.loaded); }; }
    request.send(body);
    return request;
  }

  /* 2. One upload ------------------------------------------------------------------------------------------------------- */

  function Upload(file, className) {
    this.file = file;
    this.className = className;
    this.ticket = null;
    this.have = 0;
    this.pause = 0;
    this.request = null;
    this.ended = false;
    this.show();
  }
  Upload.prototype.show = function () {
    var self = this;
    var line = add(document.getElementById('sending'), 'li');
    var body = add(line, 'div', 'up-b');
    add(body, 'h3', '', this.file.name);
    this.words = add(body, 'p', '', t.waiting);
    var svg = 'http://www.w3.org/2000/svg';
    var bar = document.createElementNS(svg, 'svg');
    bar.setAttribute('class', 'bar bar-s');
    ['k-bg', 'k-1'].forEach(function (kind) {
      var rect = document.createElementNS(svg, 'rect');
      rect.setAttribute('class', kind);
      rect.setAttribute('width', kind === 'k-bg' ? '100%' : '0%');
      rect.setAttribute('height', '100%');
      self.fillRect = bar.appendChild(rect);
    });
    body.appendChild(bar);
    this.button = add(line, 'button', 'btn', t.cancel);
    this.button.type = 'button';
    this.button.addEventListener('click', function () { self.cancel(); });
  };
  Upload.prototype.draw = function (have) {
    var share = this.file.size ? have / this.file.size : 0;
    this.fillRect.setAttribute('width', (share * 100).toFixed(1) + '%');
    var words = fill(t.sending, [Math.min(99, Math.floor(share * 100)) + '%']);
    var past = (Date.now() - this.began) / 1000;
    var sent = have - this.first;
    if (past > 4 && sent > 0) { words += fill(t.left, [span((this.file.size - have) * past / sent)]); }
    this.words.textContent = words;
  };
  Upload.prototype.begin = function () {
    var self = this;
    var wanted = { name: this.file.name, size: this.file.size, modified: Math.round(this.file.lastModified || 0), 'class': this.className };
    this.request = ask('POST', '/desk/uploads', 'application/json', JSON.stringify(wanted), function (status, answer) {
      if (status === 201) {
        self.ticket = answer.ticket;
        self.have = self.first = answer.have;
        self.began = Date.now();
        self.send();
      } else { self.trouble(status, answer, function () { self.begin(); }); }
    });
  };
  Upload.prototype.send = function () {
    var self = this;
    var end = Math.min(this.have + facts.piece, this.file.size);
    var path = '/desk/uploads/' + this.ticket + '?from=' + this.have;
    this.draw(this.have);
    this.request = ask('PUT', path, 'application/octet-stream', this.file.slice(this.have, end), function (status, answer) {
      if (status === 200) {
        self.pause = 0;
        self.have = answer.have;
        if (answer.landed) { self.end(t.done, true); } else { self.send(); }
      } else { self.trouble(status, answer, function () { self.begin(); }); }
    }, function (loaded) { self.draw(self.have + loaded); });
  };
  /* What can pass is tried again, 1, 2, 4 … 30 s apart; what cannot is said. */
  Upload.prototype.trouble = function (status, answer, again) {
    var self = this;
    if (this.ended) { return; }
    if (status !== 0 && status !== 409 && status < 500) { this.end(answer && answer.detail ? answer.detail : t.retry, false); return; }
    if (status === 507) { this.end(answer.detail, false); return; }
    this.pause = Math.min(this.pause ? this.pause * 2 : 1, 30);
    this.words.textContent = answer && answer.detail && status !== 409 ? answer.detail : t.retry;
    setTimeout(function () { if (!self.ended) { again(); } }, this.pause * 1000);
  };
  Upload.prototype.cancel = function () {
    if (this.request) { this.request.onload = this.request.onerror = this.request.ontimeout = null; this.request.abort(); }
    if (this.ticket) { forget(this.ticket, 3); }
    this.end(t.cancelled, false);
  };
  Upload.prototype.end = function (words, landed) {
    this.ended = true;
    this.words.textContent = words;
    this.words.className = landed ? 'ok' : 'warn';
    this.fillRect.setAttribute('width', landed ? '100%' : '0%');
    this.button.parentNode.removeChild(this.button);
    if (current === this) { current = null; }
    waiting = waiting.filter(function (u) { return !u.ended; });
    next();
  };

  /* A piece that is still being written keeps the upload busy for a moment. */
  function forget(ticket, tries, then) {
    ask('DELETE', '/desk/uploads/' + ticket, null, null, function (status) {
      if (status === 409 && tries > 0) { setTimeout(function () { forget(ticket, tries - 1, then); }, 1000); } else if (then) { then(); }
    });
  }

  function next() {
    if (current || !waiting.length) { return; }
    current = waiting.shift();
    current.begin();
  }

  form.addEventListener('submit', function (event) {
    event.preventDefault();
    var input = document.getElementById('files');
    var className = document.getElementById('class').value;
    Array.prototype.forEach.call(input.files, function (file) { waiting.push(new Upload(file, className)); });
    input.value = '';
    next();
  });
  window.addEventListener('beforeunload', function (event) {
    if (current) { event.preventDefault(); event.returnValue = t.leave; }
  });
  var old = document.getElementById('unfinished');
  if (old) {
    old.addEventListener('click', function (event) {
      var ticket = event.target.getAttribute('data-ticket');
      if (ticket) { forget(ticket, 3, function () { var line = event.target.parentNode; line.parentNode.removeChild(line); }); }
    });
  }

  /* 3. The stick: its list is drawn by the station, and asked for again while something moves ----------------------------- */

  var stick = document.getElementById('stick');
  function choose(formNode) {
    var chosen = [];
    Array.prototype.forEach.call(formNode.querySelectorAll('input[type=checkbox]'), function (box) {
      if (box.checked && !box.disabled) { chosen.push(box.value); }
    });
    formNode.querySelector('[name=chosen]').value = chosen.join(',');
  }
  stick.addEventListener('submit', function (event) {
    if (event.target.querySelector('[name=chosen]')) { choose(event.target); }
  });
  /* Sticks come and go: the list is asked for at rest too, but not while somebody is choosing in it. */
  function look() {
    var busy = stick.querySelector('.stick-busy');
    var choosing = !busy && stick.querySelector('input[type=checkbox]');
    if (choosing || document.hidden) { setTimeout(look, 3000); return; }
    var request = new XMLHttpRequest();
    request.open('GET', '/desk/add/stick');
    request.timeout = 10000;
    request.onload = function () {
      if (request.status === 200 && request.responseText !== stick.getAttribute('data-last')) {
        stick.setAttribute('data-last', request.responseText);
        stick.innerHTML = request.responseText;
      }
      setTimeout(look, busy ? 1000 : 3000);
    };
    request.onerror = request.ontimeout = function () { setTimeout(look, 5000); };
    request.send();
  }
  setTimeout(look, 1000);
}());
