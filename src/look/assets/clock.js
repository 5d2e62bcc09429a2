// One tap: the form carries the phone's time of the moment at which it is sent.
(function () {
  'use strict';
  var form = document.getElementById('clock');
  var field = document.getElementById('now-ms');
  var shown = document.getElementById('phone-time');
  if (!form || !field) { return; }
  function tick() {
    if (shown) { shown.textContent = new Date().toLocaleString(document.documentElement.lang); }
  }
  form.hidden = false;
  form.addEventListener('submit', function () { field.value = String(Date.now()); });
  tick();
  setInterval(tick, 1000);
}());
