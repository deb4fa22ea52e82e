/** Vite plugin: the headers of `src/policy.ts` on what `npm start` serves, and the policy in the built page itself. */
import type { Plugin } from 'vite';
import { metaPolicy, protectionHeaders } from '../src/policy.ts';

/** The development server has none of it: its hot reloading needs inline scripts and a socket. */
export function protection(): Plugin {
  return {
    name: 'adapter-studio-protection',
    configurePreviewServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const headers = protectionHeaders(new URL(request.url ?? '/', 'http://localhost'));
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        next();
      });
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_, { server }) =>
        server
          ? []
          : [
              {
                tag: 'meta',
                attrs: { 'http-equiv': 'Content-Security-Policy', content: metaPolicy() },
                injectTo: 'head-prepend',
              },
            ],
    },
  };
}
