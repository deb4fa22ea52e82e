throw new Error('This native package is not part of Adapter Studio: the studio runs in the browser.');
