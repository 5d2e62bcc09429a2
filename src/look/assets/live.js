/* The operator's list looks again every ten seconds, unless he is typing or has just turned to something. */
(function () {
  'use strict';
  var touched = 0;
  ['keydown', 'click', 'touchstart', 'scroll'].forEach(function (kind) {
    window.addEventListener(kind, function () { touched = Date.now(); }, true);
  });
  setInterval(function () {
    var typing = document.activeElement && document.activeElement.tagName === 'INPUT' && document.activeElement.type !== 'radio';
    if (!typing && Date.now() - touched > 9000) { location.reload(); }
  }, 10000);
}());
