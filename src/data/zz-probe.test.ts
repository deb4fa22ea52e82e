import { it } from 'vitest';
import { parseTable, readTable } from './csv';
import { guessColumns, toDataset } from './columns';
import { splitOff } from './split';
const show = async (n: string, f: () => unknown) => { try { console.log(n, JSON.stringify(await f())); } catch (e: any) { console.log(n, 'ERR', e.code, e.message); } };
it('p', async () => {
  await show('lf rows, crlf in quotes', () => parseTable('text,label\n"a\r\nb",x\nc,y\n', 'f'));
  await show('mixed ends', () => parseTable('text,label\r\na,x\nb,y\r\n"c",z\r\n', 'f'));
  await show('cr', () => parseTable('text,label\ra,x\rb,y\r', 'f'));
  await show('stray quote swallows', () => parseTable('text,label\n"a" b,x\nc,y\n"d",z\n', 'f'));
  await show('unclosed line', () => parseTable('text,label\n"a\nb",x\n"c,y\n', 'f'));
  await show('dup', () => parseTable('text,text,text (2)\na,b,c\n', 'f').columns);
  await show('leading blank', () => parseTable('\n\ntext,label\na,b\n', 'f'));
  await show('trailing sep rows', () => parseTable('text,label\na,b\n,\n,\n', 'f').rows);
  const be = new Uint8Array([0xfe,0xff, ...[...'text,label\nnaïve,x\n'].flatMap(c=>[0,c.charCodeAt(0)])]);
  await show('utf16be', () => readTable(Object.assign(new Blob([be]),{name:'f'})));
  await show('utf16 nobom', () => readTable(Object.assign(new Blob([be.slice(2)]),{name:'f'})));
  const big = new TextEncoder().encode('text,label\n' + 'é😀 word,x\n'.repeat(200000));
  for (const line of [5, 50_000, 100_001, 199_999]) { const b = big.slice(); let n=1, i=0; while(n<line){ if(b[i]===10)n++; i++;} b[i]=0xe9; b[i+1]=0x20;
    await show('bad at line '+line+' byte '+i, () => readTable(Object.assign(new Blob([b]),{name:'f'}))); }
  await show('guess split col', () => guessColumns(parseTable('utterance,act,split\n'+Array.from({length:30},(_,i)=>`some words ${i},a${i%6},${['train','dev'][i%2]}`).join('\n'),'f')));
  await show('guess topic', () => guessColumns(parseTable('text,topic,kind\n'+Array.from({length:30},(_,i)=>`some words ${i},t${i},${i%2}`).join('\n'),'f')));
  await show('all held', () => splitOff({texts:['a','b',...Array.from({length:18},(_,i)=>'c'+i),'a','b'],labels:Uint32Array.from([...Array(20).fill(0),1,1])},0.95,1).train.labels.length);
  let bad=0; for(let s=0;s<300;s++){const r={texts:['a','b','c','x','y','a','b'],labels:Uint32Array.of(0,0,0,0,0,1,1)};const o=splitOff(r,0.4,s); if(!o.train.labels.includes(1))bad++;} console.log('class lost in train', bad,'/300');
  const t0=performance.now(); splitOff({texts:Array(60000).fill('same'),labels:new Uint32Array(60000)},0.1,1); console.log('60k duplicates ms', performance.now()-t0);
  const t1=performance.now(); await show('200k distinct labels', () => toDataset({fileName:'f',columns:['a','b'],delimiter:',',rows:Array.from({length:200000},(_,i)=>['t'+i,'some long label text number '+((i*7919)%200003)])} as any,{textColumn:'a',labelColumn:'b',seed:1},'x')); console.log('ms', performance.now()-t1);
});
