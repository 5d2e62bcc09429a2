/* Makes a photo smaller before it is sent: a phone's camera takes eight megabytes where half of one shows who was there.
   Where the browser would turn the picture the wrong way, or anything else fails, it goes as it is. */
(function () {
  'use strict';
  var LONG_SIDE = 1920;
  var SMALL = 600 * 1024;
  var form = document.getElementById('photo-form');
  var input = document.getElementById('photo');
  if (!form || !input || !window.FormData || !HTMLCanvasElement.prototype.toBlob) { return; }
  var turns = window.CSS && CSS.supports && CSS.supports('image-orientation', 'from-image');
  var button = form.querySelector('button');

  function send(blob) {
    var data = new FormData();
    data.append('csrf', form.elements.csrf.value);
    data.append('when', form.querySelector('input[name=when]:checked').value);
    data.append('photo', blob, 'photo.jpg');
    var request = new XMLHttpRequest();
    request.open('POST', form.action);
    request.onload = function () {
      if (request.status < 400) { window.location.reload(); } else { form.submit(); }
    };
    request.onerror = function () { button.disabled = false; };
    request.send(data);
  }

  form.addEventListener('submit', function (event) {
    var file = input.files && input.files[0];
    if (!turns || !file || file.size <= SMALL) { return; }
    event.preventDefault();
    button.disabled = true;
    var image = new Image();
    var url = URL.createObjectURL(file);
    image.onerror = function () { form.submit(); };
    image.onload = function () {
      var scale = Math.min(1, LONG_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
      var canvas = document.createElement('canvas');
      canvas.width = Math.round(image.naturalWidth * scale);
      canvas.height = Math.round(image.naturalHeight * scale);
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(url);
      canvas.toBlob(function (blob) { if (blob) { send(blob); } else { form.submit(); } }, 'image/jpeg', 0.82);
    };
    image.src = url;
  });
}());
